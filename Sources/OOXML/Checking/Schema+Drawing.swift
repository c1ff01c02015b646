// Content of elements and ranges of attributes, transcribed from the transitional schemas of ISO/IEC 29500-4 (DrawingML).
// `Schema` in Schema.swift says how to read it.

extension Schema {
    /// Types of shapes, fills, lines, effects, text and themes.
    static let drawing = """
        AdjPoint2D: ; x! y!
        AdjustHandleList: (a:ahXY=XYAdjustHandle | a:ahPolar=PolarAdjustHandle)*
        AlphaBiLevelEffect: ; thresh!=PositiveFixedPercentage
        AlphaCeilingEffect:
        AlphaFloorEffect:
        AlphaInverseEffect: $ColorChoice?
        AlphaModulateEffect: a:cont=EffectContainer
        AlphaModulateFixedEffect: ; amt=PositivePercentage
        AlphaOutsetEffect: ; rad=Coordinate
        AlphaReplaceEffect: ; a!=PositiveFixedPercentage
        Angle: ; val!=Angle
        AnimationChartBuildProperties: ; bld=AnimationChartBuildType animBg=boolean
        AnimationChartElement: ; seriesIdx=int categoryIdx=int bldStep!=ChartBuildStep
        AnimationDgmBuildProperties: ; bld=AnimationDgmBuildType rev=boolean
        AnimationDgmElement: ; id=guid bldStep=DgmBuildStep
        AnimationElementChoice: (a:dgm=AnimationDgmElement | a:chart=AnimationChartElement)
        AnimationGraphicalObjectBuildProperties: (a:bldDgm=AnimationDgmBuildProperties | a:bldChart=AnimationChartBuildProperties)
        AudioCD: a:st=AudioCDTime a:end=AudioCDTime a:extLst=OfficeArtExtensionList?
        AudioCDTime: ; track!=unsignedByte time=unsignedInt
        AudioFile: a:extLst=OfficeArtExtensionList? ; r:link! contentType
        Backdrop: a:anchor=Point3D a:norm=Vector3D a:up=Vector3D a:extLst=OfficeArtExtensionList?
        BackgroundFillStyleList: $FillProperties{3,unbounded}
        BaseStyles: a:clrScheme=ColorScheme a:fontScheme=FontScheme a:fmtScheme=StyleMatrix a:extLst=OfficeArtExtensionList?
        Bevel: ; w=PositiveCoordinate h=PositiveCoordinate prst=BevelPresetType
        BiLevelEffect: ; thresh!=PositiveFixedPercentage
        BlendEffect: a:cont=EffectContainer ; blend!=BlendMode
        Blip: (a:alphaBiLevel=AlphaBiLevelEffect | a:alphaCeiling=AlphaCeilingEffect | a:alphaFloor=AlphaFloorEffect |
          a:alphaInv=AlphaInverseEffect | a:alphaMod=AlphaModulateEffect | a:alphaModFix=AlphaModulateFixedEffect |
          a:alphaRepl=AlphaReplaceEffect | a:biLevel=BiLevelEffect | a:blur=BlurEffect | a:clrChange=ColorChangeEffect |
          a:clrRepl=ColorReplaceEffect | a:duotone=DuotoneEffect | a:fillOverlay=FillOverlayEffect | a:grayscl=GrayscaleEffect |
          a:hsl=HSLEffect | a:lum=LuminanceEffect | a:tint=TintEffect)* a:extLst=OfficeArtExtensionList? ; r:embed r:link
          cstate=BlipCompression
        BlipFillProperties: a:blip=Blip? a:srcRect=RelativeRect? $FillModeProperties? ; dpi=unsignedInt rotWithShape=boolean
        BlurEffect: ; rad=PositiveCoordinate grow=boolean
        Boolean: ; val=OnOff
        Camera: a:rot=SphereCoords? ; prst!=PresetCameraType fov=FOVAngle zoom=PositivePercentage
        Color: $ColorChoice
        ColorChangeEffect: a:clrFrom=Color a:clrTo=Color ; useA=boolean
        ColorMapping: a:extLst=OfficeArtExtensionList? ; bg1!=ColorSchemeIndex tx1!=ColorSchemeIndex bg2!=ColorSchemeIndex
          tx2!=ColorSchemeIndex accent1!=ColorSchemeIndex accent2!=ColorSchemeIndex accent3!=ColorSchemeIndex
          accent4!=ColorSchemeIndex accent5!=ColorSchemeIndex accent6!=ColorSchemeIndex hlink!=ColorSchemeIndex
          folHlink!=ColorSchemeIndex
        ColorMappingOverride: (a:masterClrMapping=EmptyElement | a:overrideClrMapping=ColorMapping)
        ColorReplaceEffect: $ColorChoice
        ColorScheme: a:dk1=Color a:lt1=Color a:dk2=Color a:lt2=Color a:accent1=Color a:accent2=Color a:accent3=Color a:accent4=Color
          a:accent5=Color a:accent6=Color a:hlink=Color a:folHlink=Color a:extLst=OfficeArtExtensionList? ; name!
        ColorSchemeAndMapping: a:clrScheme=ColorScheme a:clrMap=ColorMapping?
        ColorSchemeList: a:extraClrScheme=ColorSchemeAndMapping*
        ComplementTransform:
        Connection: ; id!=DrawingElementId idx!=unsignedInt
        ConnectionSite: a:pos=AdjPoint2D ; ang!
        ConnectionSiteList: a:cxn=ConnectionSite*
        ConnectorLocking: a:extLst=OfficeArtExtensionList? ; noGrp=boolean noSelect=boolean noRot=boolean noChangeAspect=boolean
          noMove=boolean noResize=boolean noEditPoints=boolean noAdjustHandles=boolean noChangeArrowheads=boolean
          noChangeShapeType=boolean
        CustomColor: $ColorChoice ; name
        CustomColorList: a:custClr=CustomColor*
        CustomGeometry2D: a:avLst=GeomGuideList? a:gdLst=GeomGuideList? a:ahLst=AdjustHandleList? a:cxnLst=ConnectionSiteList?
          a:rect=GeomRect? a:pathLst=Path2DList
        DashStop: ; d!=PositivePercentage sp!=PositivePercentage
        DashStopList: a:ds=DashStop*
        DefaultShapeDefinition: a:spPr=ShapeProperties a:bodyPr=TextBodyProperties a:lstStyle=TextListStyle a:style=ShapeStyle?
          a:extLst=OfficeArtExtensionList?
        DuotoneEffect: $ColorChoice{2,2}
        EffectContainer: $Effect* ; type=EffectContainerType name
        EffectList: a:blur=BlurEffect? a:fillOverlay=FillOverlayEffect? a:glow=GlowEffect? a:innerShdw=InnerShadowEffect?
          a:outerShdw=OuterShadowEffect? a:prstShdw=PresetShadowEffect? a:reflection=ReflectionEffect? a:softEdge=SoftEdgesEffect?
        EffectReference: ; ref!
        EffectStyleItem: $EffectProperties a:scene3d=Scene3D? a:sp3d=Shape3D?
        EffectStyleList: a:effectStyle=EffectStyleItem{3,unbounded}
        EmbeddedWAVAudioFile: ; r:embed! name
        EmptyElement:
        FillEffect: $FillProperties
        FillOverlayEffect: $FillProperties ; blend!=BlendMode
        FillStyleList: $FillProperties{3,unbounded}
        FixedPercentage: ; val!=FixedPercentage
        FlatText: ; z=Coordinate
        FontCollection: a:latin=TextFont a:ea=TextFont a:cs=TextFont a:font=SupplementalFont* a:extLst=OfficeArtExtensionList?
        FontReference: $ColorChoice? ; idx!=FontCollectionIndex
        FontScheme: a:majorFont=FontCollection a:minorFont=FontCollection a:extLst=OfficeArtExtensionList? ; name!
        GammaTransform:
        GeomGuide: ; name! fmla!
        GeomGuideList: a:gd=GeomGuide*
        GeomRect: ; l! t! r! b!
        GlowEffect: $ColorChoice ; rad=PositiveCoordinate
        GradientFillProperties: a:gsLst=GradientStopList? $ShadeProperties? a:tileRect=RelativeRect? ; flip=TileFlipMode
          rotWithShape=boolean
        GradientStop: $ColorChoice ; pos!=PositiveFixedPercentage
        GradientStopList: a:gs=GradientStop{2,unbounded}
        GraphicalObject: a:graphicData=GraphicalObjectData
        GraphicalObjectData: *any ; uri!
        GraphicalObjectFrameLocking: a:extLst=OfficeArtExtensionList? ; noGrp=boolean noDrilldown=boolean noSelect=boolean
          noChangeAspect=boolean noMove=boolean noResize=boolean
        GrayscaleEffect:
        GrayscaleTransform:
        GroupFillProperties:
        GroupLocking: a:extLst=OfficeArtExtensionList? ; noGrp=boolean noUngrp=boolean noSelect=boolean noRot=boolean
          noChangeAspect=boolean noMove=boolean noResize=boolean
        GroupShapeProperties: a:xfrm=GroupTransform2D? $FillProperties? $EffectProperties? a:scene3d=Scene3D?
          a:extLst=OfficeArtExtensionList? ; bwMode=BlackWhiteMode
        GroupTransform2D: a:off=Point2D? a:ext=PositiveSize2D? a:chOff=Point2D? a:chExt=PositiveSize2D? ; rot=Angle flipH=boolean
          flipV=boolean
        HSLEffect: ; hue=PositiveFixedAngle sat=FixedPercentage lum=FixedPercentage
        HslColor: $ColorTransform* ; hue!=PositiveFixedAngle sat!=Percentage lum!=Percentage
        Hyperlink: a:snd=EmbeddedWAVAudioFile? a:extLst=OfficeArtExtensionList? ; r:id invalidUrl action tgtFrame tooltip
          history=boolean highlightClick=boolean endSnd=boolean
        InnerShadowEffect: $ColorChoice ; blurRad=PositiveCoordinate dist=PositiveCoordinate dir=PositiveFixedAngle
        InverseGammaTransform:
        InverseTransform:
        LightRig: a:rot=SphereCoords? ; rig!=LightRigType dir!=LightRigDirection
        LineEndProperties: ; type=LineEndType w=LineEndWidth len=LineEndLength
        LineJoinBevel:
        LineJoinMiterProperties: ; lim=PositivePercentage
        LineJoinRound:
        LineProperties: $LineFillProperties? $LineDashProperties? $LineJoinProperties? a:headEnd=LineEndProperties?
          a:tailEnd=LineEndProperties? a:extLst=OfficeArtExtensionList? ; w=LineWidth cap=LineCap cmpd=CompoundLine
          algn=PenAlignment
        LineStyleList: a:ln=LineProperties{3,unbounded}
        LinearShadeProperties: ; ang=PositiveFixedAngle scaled=boolean
        LuminanceEffect: ; bright=FixedPercentage contrast=FixedPercentage
        NoFillProperties:
        NonVisualConnectorProperties: a:cxnSpLocks=ConnectorLocking? a:stCxn=Connection? a:endCxn=Connection?
          a:extLst=OfficeArtExtensionList?
        NonVisualDrawingProps: a:hlinkClick=Hyperlink? a:hlinkHover=Hyperlink? a:extLst=OfficeArtExtensionList? ;
          id!=DrawingElementId name! descr hidden=boolean title
        NonVisualDrawingShapeProps: a:spLocks=ShapeLocking? a:extLst=OfficeArtExtensionList? ; txBox=boolean
        NonVisualGraphicFrameProperties: a:graphicFrameLocks=GraphicalObjectFrameLocking? a:extLst=OfficeArtExtensionList?
        NonVisualGroupDrawingShapeProps: a:grpSpLocks=GroupLocking? a:extLst=OfficeArtExtensionList?
        NonVisualPictureProperties: a:picLocks=PictureLocking? a:extLst=OfficeArtExtensionList? ; preferRelativeResize=boolean
        ObjectStyleDefaults: a:spDef=DefaultShapeDefinition? a:lnDef=DefaultShapeDefinition? a:txDef=DefaultShapeDefinition?
          a:extLst=OfficeArtExtensionList?
        OfficeArtExtension: *any ; uri!
        OfficeArtExtensionList: $OfficeArtExtensionList
        OfficeStyleSheet: a:themeElements=BaseStyles a:objectDefaults=ObjectStyleDefaults? a:extraClrSchemeLst=ColorSchemeList?
          a:custClrLst=CustomColorList? a:extLst=OfficeArtExtensionList? ; name
        OuterShadowEffect: $ColorChoice ; blurRad=PositiveCoordinate dist=PositiveCoordinate dir=PositiveFixedAngle sx=Percentage
          sy=Percentage kx=FixedAngle ky=FixedAngle algn=RectAlignment rotWithShape=boolean
        Path2D: (a:close=Path2DClose | a:moveTo=Path2DMoveTo | a:lnTo=Path2DLineTo | a:arcTo=Path2DArcTo |
          a:quadBezTo=Path2DQuadBezierTo | a:cubicBezTo=Path2DCubicBezierTo)* ; w=PositiveCoordinate h=PositiveCoordinate
          fill=PathFillMode stroke=boolean extrusionOk=boolean
        Path2DArcTo: ; wR! hR! stAng! swAng!
        Path2DClose:
        Path2DCubicBezierTo: a:pt=AdjPoint2D{3,3}
        Path2DLineTo: a:pt=AdjPoint2D
        Path2DList: a:path=Path2D*
        Path2DMoveTo: a:pt=AdjPoint2D
        Path2DQuadBezierTo: a:pt=AdjPoint2D{2,2}
        PathShadeProperties: a:fillToRect=RelativeRect? ; path=PathShadeType
        PatternFillProperties: a:fgClr=Color? a:bgClr=Color? ; prst=PresetPatternVal
        Percentage: ; val!=Percentage
        PictureLocking: a:extLst=OfficeArtExtensionList? ; noGrp=boolean noSelect=boolean noRot=boolean noChangeAspect=boolean
          noMove=boolean noResize=boolean noEditPoints=boolean noAdjustHandles=boolean noChangeArrowheads=boolean
          noChangeShapeType=boolean noCrop=boolean
        Point2D: ; x!=Coordinate y!=Coordinate
        Point3D: ; x!=Coordinate y!=Coordinate z!=Coordinate
        PolarAdjustHandle: a:pos=AdjPoint2D ; gdRefR minR maxR gdRefAng minAng maxAng
        PositiveFixedAngle: ; val!=PositiveFixedAngle
        PositiveFixedPercentage: ; val!=PositiveFixedPercentage
        PositivePercentage: ; val!=PositivePercentage
        PositiveSize2D: ; cx!=PositiveCoordinate cy!=PositiveCoordinate
        PresetColor: $ColorTransform* ; val!=PresetColorVal
        PresetGeometry2D: a:avLst=GeomGuideList? ; prst!=ShapeType
        PresetLineDashProperties: ; val=PresetLineDashVal
        PresetShadowEffect: $ColorChoice ; prst!=PresetShadowVal dist=PositiveCoordinate dir=PositiveFixedAngle
        PresetTextShape: a:avLst=GeomGuideList? ; prst!=TextShapeType
        QuickTimeFile: a:extLst=OfficeArtExtensionList? ; r:link!
        ReflectionEffect: ; blurRad=PositiveCoordinate stA=PositiveFixedPercentage stPos=PositiveFixedPercentage
          endA=PositiveFixedPercentage endPos=PositiveFixedPercentage dist=PositiveCoordinate dir=PositiveFixedAngle
          fadeDir=PositiveFixedAngle sx=Percentage sy=Percentage kx=FixedAngle ky=FixedAngle algn=RectAlignment rotWithShape=boolean
        RegularTextRun: a:rPr=TextCharacterProperties? a:t=#
        RelativeOffsetEffect: ; tx=Percentage ty=Percentage
        RelativeRect: ; l=Percentage t=Percentage r=Percentage b=Percentage
        SRgbColor: $ColorTransform* ; val!=HexColorRGB
        ScRgbColor: $ColorTransform* ; r!=Percentage g!=Percentage b!=Percentage
        Scene3D: a:camera=Camera a:lightRig=LightRig a:backdrop=Backdrop? a:extLst=OfficeArtExtensionList?
        SchemeColor: $ColorTransform* ; val!=SchemeColorVal
        Shape3D: a:bevelT=Bevel? a:bevelB=Bevel? a:extrusionClr=Color? a:contourClr=Color? a:extLst=OfficeArtExtensionList? ;
          z=Coordinate extrusionH=PositiveCoordinate contourW=PositiveCoordinate prstMaterial=PresetMaterialType
        ShapeLocking: a:extLst=OfficeArtExtensionList? ; noGrp=boolean noSelect=boolean noRot=boolean noChangeAspect=boolean
          noMove=boolean noResize=boolean noEditPoints=boolean noAdjustHandles=boolean noChangeArrowheads=boolean
          noChangeShapeType=boolean noTextEdit=boolean
        ShapeProperties: a:xfrm=Transform2D? $Geometry? $FillProperties? a:ln=LineProperties? $EffectProperties? a:scene3d=Scene3D?
          a:sp3d=Shape3D? a:extLst=OfficeArtExtensionList? ; bwMode=BlackWhiteMode
        ShapeStyle: a:lnRef=StyleMatrixReference a:fillRef=StyleMatrixReference a:effectRef=StyleMatrixReference
          a:fontRef=FontReference
        SoftEdgesEffect: ; rad!=PositiveCoordinate
        SolidColorFillProperties: $ColorChoice?
        SphereCoords: ; lat!=PositiveFixedAngle lon!=PositiveFixedAngle rev!=PositiveFixedAngle
        StretchInfoProperties: a:fillRect=RelativeRect?
        StyleMatrix: a:fillStyleLst=FillStyleList a:lnStyleLst=LineStyleList a:effectStyleLst=EffectStyleList
          a:bgFillStyleLst=BackgroundFillStyleList ; name
        StyleMatrixReference: $ColorChoice? ; idx!=StyleMatrixColumnIndex
        SupplementalFont: ; script! typeface!
        SystemColor: $ColorTransform* ; val!=SystemColorVal lastClr=HexColorRGB
        TextAutonumberBullet: ; type!=TextAutonumberScheme startAt=TextBulletStartAtNum
        TextBlipBullet: a:blip=Blip
        TextBody: a:bodyPr=TextBodyProperties a:lstStyle=TextListStyle? a:p=TextParagraph+
        TextBodyProperties: a:prstTxWarp=PresetTextShape? $TextAutofit? a:scene3d=Scene3D? $Text3D? a:extLst=OfficeArtExtensionList?
          ; rot=Angle spcFirstLastPara=boolean vertOverflow=TextVertOverflowType horzOverflow=TextHorzOverflowType
          vert=TextVerticalType wrap=TextWrappingType lIns=Coordinate32 tIns=Coordinate32 rIns=Coordinate32 bIns=Coordinate32
          numCol=TextColumnCount spcCol=PositiveCoordinate32 rtlCol=boolean fromWordArt=boolean anchor=TextAnchoringType
          anchorCtr=boolean forceAA=boolean upright=boolean compatLnSpc=boolean
        TextBulletColorFollowText:
        TextBulletSizeFollowText:
        TextBulletSizePercent: ; val!=TextBulletSizePercent
        TextBulletSizePoint: ; val!=TextFontSize
        TextBulletTypefaceFollowText:
        TextCharBullet: ; char!
        TextCharacterProperties: a:ln=LineProperties? $FillProperties? $EffectProperties? a:highlight=Color? $TextUnderlineLine?
          $TextUnderlineFill? a:latin=TextFont? a:ea=TextFont? a:cs=TextFont? a:sym=TextFont? a:hlinkClick=Hyperlink?
          a:hlinkMouseOver=Hyperlink? a:rtl=Boolean? a:extLst=OfficeArtExtensionList? ; kumimoji=boolean lang altLang
          sz=TextFontSize b=boolean i=boolean u=TextUnderlineType strike=TextStrikeType kern=TextNonNegativePoint cap=TextCapsType
          spc=TextPoint normalizeH=boolean baseline=Percentage noProof=boolean dirty=boolean err=boolean smtClean=boolean
          smtId=unsignedInt bmk
        TextField: a:rPr=TextCharacterProperties? a:pPr=TextParagraphProperties? a:t=#? ; id!=guid type
        TextFont: ; typeface! panose=Panose pitchFamily=PitchFamily charset=byte
        TextLineBreak: a:rPr=TextCharacterProperties?
        TextListStyle: a:defPPr=TextParagraphProperties? a:lvl1pPr=TextParagraphProperties? a:lvl2pPr=TextParagraphProperties?
          a:lvl3pPr=TextParagraphProperties? a:lvl4pPr=TextParagraphProperties? a:lvl5pPr=TextParagraphProperties?
          a:lvl6pPr=TextParagraphProperties? a:lvl7pPr=TextParagraphProperties? a:lvl8pPr=TextParagraphProperties?
          a:lvl9pPr=TextParagraphProperties? a:extLst=OfficeArtExtensionList?
        TextNoAutofit:
        TextNoBullet:
        TextNormalAutofit: ; fontScale=TextFontScalePercentOrPercentString lnSpcReduction=TextSpacingPercentOrPercentString
        TextParagraph: a:pPr=TextParagraphProperties? $TextRun* a:endParaRPr=TextCharacterProperties?
        TextParagraphProperties: a:lnSpc=TextSpacing? a:spcBef=TextSpacing? a:spcAft=TextSpacing? $TextBulletColor? $TextBulletSize?
          $TextBulletTypeface? $TextBullet? a:tabLst=TextTabStopList? a:defRPr=TextCharacterProperties?
          a:extLst=OfficeArtExtensionList? ; marL=TextMargin marR=TextMargin lvl=TextIndentLevelType indent=TextIndent
          algn=TextAlignType defTabSz=Coordinate32 rtl=boolean eaLnBrk=boolean fontAlgn=TextFontAlignType latinLnBrk=boolean
          hangingPunct=boolean
        TextShapeAutofit:
        TextSpacing: (a:spcPct=TextSpacingPercent | a:spcPts=TextSpacingPoint)
        TextSpacingPercent: ; val!=TextSpacingPercentOrPercentString
        TextSpacingPoint: ; val!=TextSpacingPoint
        TextTabStop: ; pos=Coordinate32 algn=TextTabAlignType
        TextTabStopList: a:tab=TextTabStop{0,32}
        TextUnderlineFillFollowText:
        TextUnderlineFillGroupWrapper: $FillProperties
        TextUnderlineLineFollowText:
        TileInfoProperties: ; tx=Coordinate ty=Coordinate sx=Percentage sy=Percentage flip=TileFlipMode algn=RectAlignment
        TintEffect: ; hue=PositiveFixedAngle amt=FixedPercentage
        Transform2D: a:off=Point2D? a:ext=PositiveSize2D? ; rot=Angle flipH=boolean flipV=boolean
        TransformEffect: ; sx=Percentage sy=Percentage kx=FixedAngle ky=FixedAngle tx=Coordinate ty=Coordinate
        Vector3D: ; dx!=Coordinate dy!=Coordinate dz!=Coordinate
        VideoFile: a:extLst=OfficeArtExtensionList? ; r:link! contentType
        XYAdjustHandle: a:pos=AdjPoint2D ; gdRefX minX maxX gdRefY minY maxY
        $ColorChoice: (a:scrgbClr=ScRgbColor | a:srgbClr=SRgbColor | a:hslClr=HslColor | a:sysClr=SystemColor |
          a:schemeClr=SchemeColor | a:prstClr=PresetColor)
        $ColorTransform: (a:tint=PositiveFixedPercentage | a:shade=PositiveFixedPercentage | a:comp=ComplementTransform |
          a:inv=InverseTransform | a:gray=GrayscaleTransform | a:alpha=PositiveFixedPercentage | a:alphaOff=FixedPercentage |
          a:alphaMod=PositivePercentage | a:hue=PositiveFixedAngle | a:hueOff=Angle | a:hueMod=PositivePercentage | a:sat=Percentage
          | a:satOff=Percentage | a:satMod=Percentage | a:lum=Percentage | a:lumOff=Percentage | a:lumMod=Percentage |
          a:red=Percentage | a:redOff=Percentage | a:redMod=Percentage | a:green=Percentage | a:greenOff=Percentage |
          a:greenMod=Percentage | a:blue=Percentage | a:blueOff=Percentage | a:blueMod=Percentage | a:gamma=GammaTransform |
          a:invGamma=InverseGammaTransform)
        $Effect: (a:cont=EffectContainer | a:effect=EffectReference | a:alphaBiLevel=AlphaBiLevelEffect |
          a:alphaCeiling=AlphaCeilingEffect | a:alphaFloor=AlphaFloorEffect | a:alphaInv=AlphaInverseEffect |
          a:alphaMod=AlphaModulateEffect | a:alphaModFix=AlphaModulateFixedEffect | a:alphaOutset=AlphaOutsetEffect |
          a:alphaRepl=AlphaReplaceEffect | a:biLevel=BiLevelEffect | a:blend=BlendEffect | a:blur=BlurEffect |
          a:clrChange=ColorChangeEffect | a:clrRepl=ColorReplaceEffect | a:duotone=DuotoneEffect | a:fill=FillEffect |
          a:fillOverlay=FillOverlayEffect | a:glow=GlowEffect | a:grayscl=GrayscaleEffect | a:hsl=HSLEffect |
          a:innerShdw=InnerShadowEffect | a:lum=LuminanceEffect | a:outerShdw=OuterShadowEffect | a:prstShdw=PresetShadowEffect |
          a:reflection=ReflectionEffect | a:relOff=RelativeOffsetEffect | a:softEdge=SoftEdgesEffect | a:tint=TintEffect |
          a:xfrm=TransformEffect)
        $EffectProperties: (a:effectLst=EffectList | a:effectDag=EffectContainer)
        $FillModeProperties: (a:tile=TileInfoProperties | a:stretch=StretchInfoProperties)
        $FillProperties: (a:noFill=NoFillProperties | a:solidFill=SolidColorFillProperties | a:gradFill=GradientFillProperties |
          a:blipFill=BlipFillProperties | a:pattFill=PatternFillProperties | a:grpFill=GroupFillProperties)
        $Geometry: (a:custGeom=CustomGeometry2D | a:prstGeom=PresetGeometry2D)
        $LineDashProperties: (a:prstDash=PresetLineDashProperties | a:custDash=DashStopList)
        $LineFillProperties: (a:noFill=NoFillProperties | a:solidFill=SolidColorFillProperties | a:gradFill=GradientFillProperties |
          a:pattFill=PatternFillProperties)
        $LineJoinProperties: (a:round=LineJoinRound | a:bevel=LineJoinBevel | a:miter=LineJoinMiterProperties)
        $Media: (a:audioCd=AudioCD | a:wavAudioFile=EmbeddedWAVAudioFile | a:audioFile=AudioFile | a:videoFile=VideoFile |
          a:quickTimeFile=QuickTimeFile)
        $OfficeArtExtensionList: a:ext=OfficeArtExtension*
        $ShadeProperties: (a:lin=LinearShadeProperties | a:path=PathShadeProperties)
        $Text3D: (a:sp3d=Shape3D | a:flatTx=FlatText)
        $TextAutofit: (a:noAutofit=TextNoAutofit | a:normAutofit=TextNormalAutofit | a:spAutoFit=TextShapeAutofit)
        $TextBullet: (a:buNone=TextNoBullet | a:buAutoNum=TextAutonumberBullet | a:buChar=TextCharBullet | a:buBlip=TextBlipBullet)
        $TextBulletColor: (a:buClrTx=TextBulletColorFollowText | a:buClr=Color)
        $TextBulletSize: (a:buSzTx=TextBulletSizeFollowText | a:buSzPct=TextBulletSizePercent | a:buSzPts=TextBulletSizePoint)
        $TextBulletTypeface: (a:buFontTx=TextBulletTypefaceFollowText | a:buFont=TextFont)
        $TextRun: (a:r=RegularTextRun | a:br=TextLineBreak | a:fld=TextField)
        $TextUnderlineFill: (a:uFillTx=TextUnderlineFillFollowText | a:uFill=TextUnderlineFillGroupWrapper)
        $TextUnderlineLine: (a:uLnTx=TextUnderlineLineFollowText | a:uLn=LineProperties?)
        """
}
