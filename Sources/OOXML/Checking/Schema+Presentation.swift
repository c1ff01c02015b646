// Content of elements and ranges of attributes, transcribed from the transitional schemas of ISO/IEC 29500-4 (PresentationML).
// `Schema` in Schema.swift says how to read it.

extension Schema {
    /// Types of presentations, masters, layouts, slides, notes and timings.
    static let presentation = """
        ApplicationNonVisualDrawingProps: p:ph=Placeholder? $Media? p:custDataLst=CustomerDataList? p:extLst=ExtensionList? ;
          isPhoto=boolean userDrawn=boolean
        Background: $Background ; bwMode=BlackWhiteMode
        BackgroundProperties: $FillProperties $EffectProperties? p:extLst=ExtensionList? ; shadeToTitle=boolean
        BuildList: (p:bldP=TLBuildParagraph | p:bldDgm=TLBuildDiagram | p:bldOleChart=TLOleBuildChart |
          p:bldGraphic=TLGraphicalObjectBuild)+
        CommonSlideData: p:bg=Background? p:spTree=GroupShape p:custDataLst=CustomerDataList? p:controls=ControlList?
          p:extLst=ExtensionList? ; name
        Connector: p:nvCxnSpPr=ConnectorNonVisual p:spPr=ShapeProperties p:style=ShapeStyle? p:extLst=ExtensionListModify?
        ConnectorNonVisual: p:cNvPr=NonVisualDrawingProps p:cNvCxnSpPr=NonVisualConnectorProperties
          p:nvPr=ApplicationNonVisualDrawingProps
        Control: p:extLst=ExtensionList? p:pic=Picture? ; spid name showAsIcon=boolean r:id imgW=PositiveCoordinate32
          imgH=PositiveCoordinate32
        ControlList: p:control=Control*
        CornerDirectionTransition: ; dir=TransitionCornerDirectionType
        CustomShow: p:sldLst=SlideRelationshipList p:extLst=ExtensionList? ; name! id!=unsignedInt
        CustomShowList: p:custShow=CustomShow*
        CustomerData: ; r:id!
        CustomerDataList: (p:custData=CustomerData* p:tags=TagsData?)?
        EightDirectionTransition: ; dir=TransitionEightDirectionType
        EmbeddedFontDataId: ; r:id!
        EmbeddedFontList: p:embeddedFont=EmbeddedFontListEntry*
        EmbeddedFontListEntry: p:font=TextFont p:regular=EmbeddedFontDataId? p:bold=EmbeddedFontDataId? p:italic=EmbeddedFontDataId?
          p:boldItalic=EmbeddedFontDataId?
        Empty:
        Extension: *any ; uri!
        ExtensionList: $ExtensionList?
        ExtensionListModify: $ExtensionList? ; mod=boolean
        GraphicalObjectFrame: p:nvGraphicFramePr=GraphicalObjectFrameNonVisual p:xfrm=Transform2D a:graphic=GraphicalObject
          p:extLst=ExtensionListModify? ; bwMode=BlackWhiteMode
        GraphicalObjectFrameNonVisual: p:cNvPr=NonVisualDrawingProps p:cNvGraphicFramePr=NonVisualGraphicFrameProperties
          p:nvPr=ApplicationNonVisualDrawingProps
        GroupShape: p:nvGrpSpPr=GroupShapeNonVisual p:grpSpPr=GroupShapeProperties (p:sp=Shape | p:grpSp=GroupShape |
          p:graphicFrame=GraphicalObjectFrame | p:cxnSp=Connector | p:pic=Picture | p:contentPart=Rel)*
          p:extLst=ExtensionListModify?
        GroupShapeNonVisual: p:cNvPr=NonVisualDrawingProps p:cNvGrpSpPr=NonVisualGroupDrawingShapeProps
          p:nvPr=ApplicationNonVisualDrawingProps
        HandoutMasterIdList: p:handoutMasterId=HandoutMasterIdListEntry?
        HandoutMasterIdListEntry: p:extLst=ExtensionList? ; r:id!
        HeaderFooter: p:extLst=ExtensionListModify? ; sldNum=boolean hdr=boolean ftr=boolean dt=boolean
        InOutTransition: ; dir=TransitionInOutDirectionType
        IndexRange: ; st!=Index end!=Index
        Kinsoku: ; lang invalStChars! invalEndChars!
        ModifyVerifier: ; algorithmName hashValue saltValue spinValue=unsignedInt cryptProviderType=CryptProv
          cryptAlgorithmClass=AlgClass cryptAlgorithmType=AlgType cryptAlgorithmSid=unsignedInt spinCount=unsignedInt saltData
          hashData cryptProvider algIdExt=unsignedInt algIdExtSource cryptProviderTypeExt=unsignedInt cryptProviderTypeExtSource
        NotesMaster: p:cSld=CommonSlideData $TopLevelSlide p:hf=HeaderFooter? p:notesStyle=TextListStyle?
          p:extLst=ExtensionListModify?
        NotesMasterIdList: p:notesMasterId=NotesMasterIdListEntry?
        NotesMasterIdListEntry: p:extLst=ExtensionList? ; r:id!
        NotesSlide: p:cSld=CommonSlideData $ChildSlide? p:extLst=ExtensionListModify? ; showMasterSp=boolean
          showMasterPhAnim=boolean
        OptionalBlackTransition: ; thruBlk=boolean
        OrientationTransition: ; dir=Direction
        PhotoAlbum: p:extLst=ExtensionList? ; bw=boolean showCaptions=boolean layout=PhotoAlbumLayout frame=PhotoAlbumFrameShape
        Picture: p:nvPicPr=PictureNonVisual p:blipFill=BlipFillProperties p:spPr=ShapeProperties p:style=ShapeStyle?
          p:extLst=ExtensionListModify?
        PictureNonVisual: p:cNvPr=NonVisualDrawingProps p:cNvPicPr=NonVisualPictureProperties
          p:nvPr=ApplicationNonVisualDrawingProps
        Placeholder: p:extLst=ExtensionListModify? ; type=PlaceholderType orient=Direction sz=PlaceholderSize idx=unsignedInt
          hasCustomPrompt=boolean
        Presentation: p:sldMasterIdLst=SlideMasterIdList? p:notesMasterIdLst=NotesMasterIdList?
          p:handoutMasterIdLst=HandoutMasterIdList? p:sldIdLst=SlideIdList? p:sldSz=SlideSize? p:notesSz=PositiveSize2D
          p:smartTags=SmartTags? p:embeddedFontLst=EmbeddedFontList? p:custShowLst=CustomShowList? p:photoAlbum=PhotoAlbum?
          p:custDataLst=CustomerDataList? p:kinsoku=Kinsoku? p:defaultTextStyle=TextListStyle? p:modifyVerifier=ModifyVerifier?
          p:extLst=ExtensionList? ; serverZoom=Percentage firstSlideNum=int showSpecialPlsOnTitleSld=boolean rtl=boolean
          removePersonalInfoOnSave=boolean compatMode=boolean strictFirstAndLastChars=boolean embedTrueTypeFonts=boolean
          saveSubsetFonts=boolean autoCompressPictures=boolean bookmarkIdSeed=BookmarkIdSeed conformance=ConformanceClass
        Rel: ; r:id!
        Shape: p:nvSpPr=ShapeNonVisual p:spPr=ShapeProperties p:style=ShapeStyle? p:txBody=TextBody? p:extLst=ExtensionListModify? ;
          useBgFill=boolean
        ShapeNonVisual: p:cNvPr=NonVisualDrawingProps p:cNvSpPr=NonVisualDrawingShapeProps p:nvPr=ApplicationNonVisualDrawingProps
        SideDirectionTransition: ; dir=TransitionSideDirectionType
        Slide: p:cSld=CommonSlideData $ChildSlide? p:transition=SlideTransition? p:timing=SlideTiming? p:extLst=ExtensionListModify?
          ; showMasterSp=boolean showMasterPhAnim=boolean show=boolean
        SlideIdList: p:sldId=SlideIdListEntry*
        SlideIdListEntry: p:extLst=ExtensionList? ; id!=SlideId r:id!
        SlideLayout: p:cSld=CommonSlideData $ChildSlide? p:transition=SlideTransition? p:timing=SlideTiming? p:hf=HeaderFooter?
          p:extLst=ExtensionListModify? ; showMasterSp=boolean showMasterPhAnim=boolean matchingName type=SlideLayoutType
          preserve=boolean userDrawn=boolean
        SlideLayoutIdList: p:sldLayoutId=SlideLayoutIdListEntry*
        SlideLayoutIdListEntry: p:extLst=ExtensionList? ; id=SlideLayoutId r:id!
        SlideMaster: p:cSld=CommonSlideData $TopLevelSlide p:sldLayoutIdLst=SlideLayoutIdList? p:transition=SlideTransition?
          p:timing=SlideTiming? p:hf=HeaderFooter? p:txStyles=SlideMasterTextStyles? p:extLst=ExtensionListModify? ;
          preserve=boolean
        SlideMasterIdList: p:sldMasterId=SlideMasterIdListEntry*
        SlideMasterIdListEntry: p:extLst=ExtensionList? ; id=SlideMasterId r:id!
        SlideMasterTextStyles: p:titleStyle=TextListStyle? p:bodyStyle=TextListStyle? p:otherStyle=TextListStyle?
          p:extLst=ExtensionList?
        SlideRelationshipList: p:sld=SlideRelationshipListEntry*
        SlideRelationshipListEntry: ; r:id!
        SlideSize: ; cx!=SlideSizeCoordinate cy!=SlideSizeCoordinate type=SlideSizeType
        SlideTiming: p:tnLst=TimeNodeList? p:bldLst=BuildList? p:extLst=ExtensionListModify?
        SlideTransition: (p:blinds=OrientationTransition | p:checker=OrientationTransition | p:circle=Empty | p:dissolve=Empty |
          p:comb=OrientationTransition | p:cover=EightDirectionTransition | p:cut=OptionalBlackTransition | p:diamond=Empty |
          p:fade=OptionalBlackTransition | p:newsflash=Empty | p:plus=Empty | p:pull=EightDirectionTransition |
          p:push=SideDirectionTransition | p:random=Empty | p:randomBar=OrientationTransition | p:split=SplitTransition |
          p:strips=CornerDirectionTransition | p:wedge=Empty | p:wheel=WheelTransition | p:wipe=SideDirectionTransition |
          p:zoom=InOutTransition)? p:sndAc=TransitionSoundAction? p:extLst=ExtensionListModify? ; spd=TransitionSpeed
          advClick=boolean advTm=unsignedInt
        SmartTags: ; r:id!
        SplitTransition: ; orient=Direction dir=TransitionInOutDirectionType
        TLAnimVariant: (p:boolVal=TLAnimVariantBooleanVal | p:intVal=TLAnimVariantIntegerVal | p:fltVal=TLAnimVariantFloatVal |
          p:strVal=TLAnimVariantStringVal | p:clrVal=Color)
        TLAnimVariantBooleanVal: ; val!=boolean
        TLAnimVariantFloatVal: ; val!=number
        TLAnimVariantIntegerVal: ; val!=int
        TLAnimVariantStringVal: ; val!
        TLAnimateBehavior: p:cBhvr=TLCommonBehaviorData p:tavLst=TLTimeAnimateValueList? ; by from to
          calcmode=TLAnimateBehaviorCalcMode valueType=TLAnimateBehaviorValueType
        TLAnimateColorBehavior: p:cBhvr=TLCommonBehaviorData p:by=TLByAnimateColorTransform? p:from=Color? p:to=Color? ;
          clrSpc=TLAnimateColorSpace dir=TLAnimateColorDirection
        TLAnimateEffectBehavior: p:cBhvr=TLCommonBehaviorData p:progress=TLAnimVariant? ; transition=TLAnimateEffectTransition
          filter prLst
        TLAnimateMotionBehavior: p:cBhvr=TLCommonBehaviorData p:by=TLPoint? p:from=TLPoint? p:to=TLPoint? p:rCtr=TLPoint? ;
          origin=TLAnimateMotionBehaviorOrigin path pathEditMode=TLAnimateMotionPathEditMode rAng=Angle ptsTypes
        TLAnimateRotationBehavior: p:cBhvr=TLCommonBehaviorData ; by=Angle from=Angle to=Angle
        TLAnimateScaleBehavior: p:cBhvr=TLCommonBehaviorData p:by=TLPoint? p:from=TLPoint? p:to=TLPoint? ; zoomContents=boolean
        TLBehaviorAttributeNameList: p:attrName=#+
        TLBuildDiagram: ; spid!=DrawingElementId grpId!=unsignedInt uiExpand=boolean bld=TLDiagramBuildType
        TLBuildParagraph: p:tmplLst=TLTemplateList? ; spid!=DrawingElementId grpId!=unsignedInt uiExpand=boolean
          build=TLParaBuildType bldLvl=unsignedInt animBg=boolean autoUpdateAnimBg=boolean rev=boolean advAuto=TLTime
        TLByAnimateColorTransform: (p:rgb=TLByRgbColorTransform | p:hsl=TLByHslColorTransform)
        TLByHslColorTransform: ; h!=Angle s!=FixedPercentage l!=FixedPercentage
        TLByRgbColorTransform: ; r!=FixedPercentage g!=FixedPercentage b!=FixedPercentage
        TLCommandBehavior: p:cBhvr=TLCommonBehaviorData ; type=TLCommandType cmd
        TLCommonBehaviorData: p:cTn=TLCommonTimeNodeData p:tgtEl=TLTimeTargetElement p:attrNameLst=TLBehaviorAttributeNameList? ;
          additive=TLBehaviorAdditiveType accumulate=TLBehaviorAccumulateType xfrmType=TLBehaviorTransformType from to by rctx
          override=TLBehaviorOverrideType
        TLCommonMediaNodeData: p:cTn=TLCommonTimeNodeData p:tgtEl=TLTimeTargetElement ; vol=PositiveFixedPercentage mute=boolean
          numSld=unsignedInt showWhenStopped=boolean
        TLCommonTimeNodeData: p:stCondLst=TLTimeConditionList? p:endCondLst=TLTimeConditionList? p:endSync=TLTimeCondition?
          p:iterate=TLIterateData? p:childTnLst=TimeNodeList? p:subTnLst=TimeNodeList? ; id=TLTimeNodeID presetID=int
          presetClass=TLTimeNodePresetClassType presetSubtype=int dur=TLTime repeatCount=TLTime repeatDur=TLTime spd=Percentage
          accel=PositiveFixedPercentage decel=PositiveFixedPercentage autoRev=boolean restart=TLTimeNodeRestartType
          fill=TLTimeNodeFillType syncBehavior=TLTimeNodeSyncType tmFilter evtFilter display=boolean
          masterRel=TLTimeNodeMasterRelation bldLvl=int grpId=unsignedInt afterEffect=boolean nodeType=TLTimeNodeType nodePh=boolean
        TLGraphicalObjectBuild: (p:bldAsOne=Empty | p:bldSub=AnimationGraphicalObjectBuildProperties) ; spid!=DrawingElementId
          grpId!=unsignedInt uiExpand=boolean
        TLIterateData: (p:tmAbs=TLIterateIntervalTime | p:tmPct=TLIterateIntervalPercentage) ; type=IterateType backwards=boolean
        TLIterateIntervalPercentage: ; val!=PositivePercentage
        TLIterateIntervalTime: ; val!=TLTime
        TLMediaNodeAudio: p:cMediaNode=TLCommonMediaNodeData ; isNarration=boolean
        TLMediaNodeVideo: p:cMediaNode=TLCommonMediaNodeData ; fullScrn=boolean
        TLOleBuildChart: ; spid!=DrawingElementId grpId!=unsignedInt uiExpand=boolean bld=TLOleChartBuildType animBg=boolean
        TLOleChartTargetElement: ; type!=TLChartSubelementType lvl=unsignedInt
        TLPoint: ; x!=Percentage y!=Percentage
        TLSetBehavior: p:cBhvr=TLCommonBehaviorData p:to=TLAnimVariant?
        TLShapeTargetElement: (p:bg=Empty | p:subSp=TLSubShapeId | p:oleChartEl=TLOleChartTargetElement | p:txEl=TLTextTargetElement
          | p:graphicEl=AnimationElementChoice)? ; spid!=DrawingElementId
        TLSubShapeId: ; spid!
        TLTemplate: p:tnLst=TimeNodeList ; lvl=unsignedInt
        TLTemplateList: p:tmpl=TLTemplate{0,9}
        TLTextTargetElement: (p:charRg=IndexRange | p:pRg=IndexRange)?
        TLTimeAnimateValue: p:val=TLAnimVariant? ; tm=TLTimeAnimateValueTime fmla
        TLTimeAnimateValueList: p:tav=TLTimeAnimateValue*
        TLTimeCondition: (p:tgtEl=TLTimeTargetElement | p:tn=TLTriggerTimeNodeID | p:rtn=TLTriggerRuntimeNode)? ; evt=TLTriggerEvent
          delay=TLTime
        TLTimeConditionList: p:cond=TLTimeCondition+
        TLTimeNodeExclusive: p:cTn=TLCommonTimeNodeData
        TLTimeNodeParallel: p:cTn=TLCommonTimeNodeData
        TLTimeNodeSequence: p:cTn=TLCommonTimeNodeData p:prevCondLst=TLTimeConditionList? p:nextCondLst=TLTimeConditionList? ;
          concurrent=boolean prevAc=TLPreviousActionType nextAc=TLNextActionType
        TLTimeTargetElement: (p:sldTgt=Empty | p:sndTgt=EmbeddedWAVAudioFile | p:spTgt=TLShapeTargetElement | p:inkTgt=TLSubShapeId)
        TLTriggerRuntimeNode: ; val!=TLTriggerRuntimeNode
        TLTriggerTimeNodeID: ; val!=TLTimeNodeID
        TagsData: ; r:id!
        TimeNodeList: (p:par=TLTimeNodeParallel | p:seq=TLTimeNodeSequence | p:excl=TLTimeNodeExclusive | p:anim=TLAnimateBehavior |
          p:animClr=TLAnimateColorBehavior | p:animEffect=TLAnimateEffectBehavior | p:animMotion=TLAnimateMotionBehavior |
          p:animRot=TLAnimateRotationBehavior | p:animScale=TLAnimateScaleBehavior | p:cmd=TLCommandBehavior | p:set=TLSetBehavior |
          p:audio=TLMediaNodeAudio | p:video=TLMediaNodeVideo)+
        TransitionSoundAction: (p:stSnd=TransitionStartSoundAction | p:endSnd=Empty)
        TransitionStartSoundAction: p:snd=EmbeddedWAVAudioFile ; loop=boolean
        WheelTransition: ; spokes=unsignedInt
        $Background: (p:bgPr=BackgroundProperties | p:bgRef=StyleMatrixReference)
        $ChildSlide: p:clrMapOvr=ColorMappingOverride?
        $ExtensionList: p:ext=Extension*
        $TopLevelSlide: p:clrMap=ColorMapping
        """
}
