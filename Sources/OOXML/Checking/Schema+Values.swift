// Content of elements and ranges of attributes, transcribed from the transitional schemas of ISO/IEC 29500-4 (simple types).
// `Schema` in Schema.swift says how to read it.

extension Schema {
    /// What attributes may say.
    ///
    /// Two lines follow what programs write and read, not the letter: `TextBulletSizePercent` is the union that the schema defines and
    /// forgets to use, and `PitchFamily` may be 0 without a second digit.
    static let values = """
        AlgClass: hash custom
        AlgType: typeAny custom
        Angle: int:-2147483648:2147483647
        AnimationChartBuildType: allAtOnce series category seriesEl categoryEl
        AnimationDgmBuildType: allAtOnce one lvlOne lvlAtOnce
        BevelPresetType: relaxedInset circle slope cross angle softRound convex coolSlant divot riblet hardEdge artDeco
        BlackWhiteMode: clr auto gray ltGray invGray grayWhite blackGray blackWhite black white hidden
        BlendMode: over mult screen darken lighten
        BlipCompression: email screen print hqprint none
        BookmarkIdSeed: int:1:2147483647
        ChartBuildStep: category ptInCategory series ptInSeries allPts gridLegend
        ColorSchemeIndex: dk1 lt1 dk2 lt2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink
        CompoundLine: sng dbl thickThin thinThick tri
        ConformanceClass: strict transitional
        Coordinate: int:-27273042329600:27273042316900 measure
        Coordinate32: int:-2147483648:2147483647 measure
        CryptProv: rsaAES rsaFull custom
        DgmBuildStep: sp bg
        Direction: horz vert
        DrawingElementId: int:0:4294967295
        EffectContainerType: sib tree
        FOVAngle: int:0:10800000
        FixedAngle: int:-5399999:5399999
        FixedPercentage: int:-100000:100000 percent:-100:100
        FontCollectionIndex: major minor none
        HexColorRGB: hex:3
        Index: int:0:4294967295
        IterateType: el wd lt
        LightRigDirection: tl t tr l r bl b br
        LightRigType: legacyFlat1 legacyFlat2 legacyFlat3 legacyFlat4 legacyNormal1 legacyNormal2 legacyNormal3 legacyNormal4
          legacyHarsh1 legacyHarsh2 legacyHarsh3 legacyHarsh4 threePt balanced soft harsh flood contrasting morning sunrise sunset
          chilly freezing flat twoPt glow brightRoom
        LineCap: rnd sq flat
        LineEndLength: sm med lg
        LineEndType: none triangle stealth diamond oval arrow
        LineEndWidth: sm med lg
        LineWidth: int:0:20116800
        OnOff: boolean on off
        Panose: hex:10
        PathFillMode: none norm lighten lightenLess darken darkenLess
        PathShadeType: shape circle rect
        PenAlignment: ctr in
        Percentage: int:-2147483648:2147483647 percent
        PhotoAlbumFrameShape: frameStyle1 frameStyle2 frameStyle3 frameStyle4 frameStyle5 frameStyle6 frameStyle7
        PhotoAlbumLayout: fitToSlide 1pic 2pic 4pic 1picTitle 2picTitle 4picTitle
        PitchFamily: 0 00 01 02 16 17 18 32 33 34 48 49 50 64 65 66 80 81 82
        PlaceholderSize: full half quarter
        PlaceholderType: title body ctrTitle subTitle dt sldNum ftr hdr obj chart tbl clipArt dgm media sldImg pic
        PositiveCoordinate: int:0:27273042316900
        PositiveCoordinate32: int:0:2147483647
        PositiveFixedAngle: int:0:21599999
        PositiveFixedPercentage: int:0:100000 percent:0:100
        PositivePercentage: int:0:2147483647 percent:0:
        PresetCameraType: legacyObliqueTopLeft legacyObliqueTop legacyObliqueTopRight legacyObliqueLeft legacyObliqueFront
          legacyObliqueRight legacyObliqueBottomLeft legacyObliqueBottom legacyObliqueBottomRight legacyPerspectiveTopLeft
          legacyPerspectiveTop legacyPerspectiveTopRight legacyPerspectiveLeft legacyPerspectiveFront legacyPerspectiveRight
          legacyPerspectiveBottomLeft legacyPerspectiveBottom legacyPerspectiveBottomRight orthographicFront isometricTopUp
          isometricTopDown isometricBottomUp isometricBottomDown isometricLeftUp isometricLeftDown isometricRightUp
          isometricRightDown isometricOffAxis1Left isometricOffAxis1Right isometricOffAxis1Top isometricOffAxis2Left
          isometricOffAxis2Right isometricOffAxis2Top isometricOffAxis3Left isometricOffAxis3Right isometricOffAxis3Bottom
          isometricOffAxis4Left isometricOffAxis4Right isometricOffAxis4Bottom obliqueTopLeft obliqueTop obliqueTopRight obliqueLeft
          obliqueRight obliqueBottomLeft obliqueBottom obliqueBottomRight perspectiveFront perspectiveLeft perspectiveRight
          perspectiveAbove perspectiveBelow perspectiveAboveLeftFacing perspectiveAboveRightFacing perspectiveContrastingLeftFacing
          perspectiveContrastingRightFacing perspectiveHeroicLeftFacing perspectiveHeroicRightFacing
          perspectiveHeroicExtremeLeftFacing perspectiveHeroicExtremeRightFacing perspectiveRelaxed perspectiveRelaxedModerately
        PresetColorVal: aliceBlue antiqueWhite aqua aquamarine azure beige bisque black blanchedAlmond blue blueViolet brown
          burlyWood cadetBlue chartreuse chocolate coral cornflowerBlue cornsilk crimson cyan darkBlue darkCyan darkGoldenrod
          darkGray darkGrey darkGreen darkKhaki darkMagenta darkOliveGreen darkOrange darkOrchid darkRed darkSalmon darkSeaGreen
          darkSlateBlue darkSlateGray darkSlateGrey darkTurquoise darkViolet dkBlue dkCyan dkGoldenrod dkGray dkGrey dkGreen dkKhaki
          dkMagenta dkOliveGreen dkOrange dkOrchid dkRed dkSalmon dkSeaGreen dkSlateBlue dkSlateGray dkSlateGrey dkTurquoise
          dkViolet deepPink deepSkyBlue dimGray dimGrey dodgerBlue firebrick floralWhite forestGreen fuchsia gainsboro ghostWhite
          gold goldenrod gray grey green greenYellow honeydew hotPink indianRed indigo ivory khaki lavender lavenderBlush lawnGreen
          lemonChiffon lightBlue lightCoral lightCyan lightGoldenrodYellow lightGray lightGrey lightGreen lightPink lightSalmon
          lightSeaGreen lightSkyBlue lightSlateGray lightSlateGrey lightSteelBlue lightYellow ltBlue ltCoral ltCyan
          ltGoldenrodYellow ltGray ltGrey ltGreen ltPink ltSalmon ltSeaGreen ltSkyBlue ltSlateGray ltSlateGrey ltSteelBlue ltYellow
          lime limeGreen linen magenta maroon medAquamarine medBlue medOrchid medPurple medSeaGreen medSlateBlue medSpringGreen
          medTurquoise medVioletRed mediumAquamarine mediumBlue mediumOrchid mediumPurple mediumSeaGreen mediumSlateBlue
          mediumSpringGreen mediumTurquoise mediumVioletRed midnightBlue mintCream mistyRose moccasin navajoWhite navy oldLace olive
          oliveDrab orange orangeRed orchid paleGoldenrod paleGreen paleTurquoise paleVioletRed papayaWhip peachPuff peru pink plum
          powderBlue purple red rosyBrown royalBlue saddleBrown salmon sandyBrown seaGreen seaShell sienna silver skyBlue slateBlue
          slateGray slateGrey snow springGreen steelBlue tan teal thistle tomato turquoise violet wheat white whiteSmoke yellow
          yellowGreen
        PresetLineDashVal: solid dot dash lgDash dashDot lgDashDot lgDashDotDot sysDash sysDot sysDashDot sysDashDotDot
        PresetMaterialType: legacyMatte legacyPlastic legacyMetal legacyWireframe matte plastic metal warmMatte translucentPowder
          powder dkEdge softEdge clear flat softmetal
        PresetPatternVal: pct5 pct10 pct20 pct25 pct30 pct40 pct50 pct60 pct70 pct75 pct80 pct90 horz vert ltHorz ltVert dkHorz
          dkVert narHorz narVert dashHorz dashVert cross dnDiag upDiag ltDnDiag ltUpDiag dkDnDiag dkUpDiag wdDnDiag wdUpDiag
          dashDnDiag dashUpDiag diagCross smCheck lgCheck smGrid lgGrid dotGrid smConfetti lgConfetti horzBrick diagBrick solidDmnd
          openDmnd dotDmnd plaid sphere weave divot shingle wave trellis zigZag
        PresetShadowVal: shdw1 shdw2 shdw3 shdw4 shdw5 shdw6 shdw7 shdw8 shdw9 shdw10 shdw11 shdw12 shdw13 shdw14 shdw15 shdw16
          shdw17 shdw18 shdw19 shdw20
        RectAlignment: tl t tr l ctr r bl b br
        SchemeColorVal: bg1 tx1 bg2 tx2 accent1 accent2 accent3 accent4 accent5 accent6 hlink folHlink phClr dk1 lt1 dk2 lt2
        ShapeType: line lineInv triangle rtTriangle rect diamond parallelogram trapezoid nonIsoscelesTrapezoid pentagon hexagon
          heptagon octagon decagon dodecagon star4 star5 star6 star7 star8 star10 star12 star16 star24 star32 roundRect round1Rect
          round2SameRect round2DiagRect snipRoundRect snip1Rect snip2SameRect snip2DiagRect plaque ellipse teardrop homePlate
          chevron pieWedge pie blockArc donut noSmoking rightArrow leftArrow upArrow downArrow stripedRightArrow notchedRightArrow
          bentUpArrow leftRightArrow upDownArrow leftUpArrow leftRightUpArrow quadArrow leftArrowCallout rightArrowCallout
          upArrowCallout downArrowCallout leftRightArrowCallout upDownArrowCallout quadArrowCallout bentArrow uturnArrow
          circularArrow leftCircularArrow leftRightCircularArrow curvedRightArrow curvedLeftArrow curvedUpArrow curvedDownArrow
          swooshArrow cube can lightningBolt heart sun moon smileyFace irregularSeal1 irregularSeal2 foldedCorner bevel frame
          halfFrame corner diagStripe chord arc leftBracket rightBracket leftBrace rightBrace bracketPair bracePair
          straightConnector1 bentConnector2 bentConnector3 bentConnector4 bentConnector5 curvedConnector2 curvedConnector3
          curvedConnector4 curvedConnector5 callout1 callout2 callout3 accentCallout1 accentCallout2 accentCallout3 borderCallout1
          borderCallout2 borderCallout3 accentBorderCallout1 accentBorderCallout2 accentBorderCallout3 wedgeRectCallout
          wedgeRoundRectCallout wedgeEllipseCallout cloudCallout cloud ribbon ribbon2 ellipseRibbon ellipseRibbon2 leftRightRibbon
          verticalScroll horizontalScroll wave doubleWave plus flowChartProcess flowChartDecision flowChartInputOutput
          flowChartPredefinedProcess flowChartInternalStorage flowChartDocument flowChartMultidocument flowChartTerminator
          flowChartPreparation flowChartManualInput flowChartManualOperation flowChartConnector flowChartPunchedCard
          flowChartPunchedTape flowChartSummingJunction flowChartOr flowChartCollate flowChartSort flowChartExtract flowChartMerge
          flowChartOfflineStorage flowChartOnlineStorage flowChartMagneticTape flowChartMagneticDisk flowChartMagneticDrum
          flowChartDisplay flowChartDelay flowChartAlternateProcess flowChartOffpageConnector actionButtonBlank actionButtonHome
          actionButtonHelp actionButtonInformation actionButtonForwardNext actionButtonBackPrevious actionButtonEnd
          actionButtonBeginning actionButtonReturn actionButtonDocument actionButtonSound actionButtonMovie gear6 gear9 funnel
          mathPlus mathMinus mathMultiply mathDivide mathEqual mathNotEqual cornerTabs squareTabs plaqueTabs chartX chartStar
          chartPlus
        SlideId: int:256:2147483647
        SlideLayoutId: int:2147483648:4294967295
        SlideLayoutType: title tx twoColTx tbl txAndChart chartAndTx dgm chart txAndClipArt clipArtAndTx titleOnly blank txAndObj
          objAndTx objOnly obj txAndMedia mediaAndTx objOverTx txOverObj txAndTwoObj twoObjAndTx twoObjOverTx fourObj vertTx
          clipArtAndVertTx vertTitleAndTx vertTitleAndTxOverChart twoObj objAndTwoObj twoObjAndObj cust secHead twoTxTwoObj objTx
          picTx
        SlideMasterId: int:2147483648:4294967295
        SlideSizeCoordinate: int:914400:51206400
        SlideSizeType: screen4x3 letter A4 35mm overhead banner custom ledger A3 B4ISO B5ISO B4JIS B5JIS hagakiCard screen16x9
          screen16x10
        StyleMatrixColumnIndex: int:0:4294967295
        SystemColorVal: scrollBar background activeCaption inactiveCaption menu window windowFrame menuText windowText captionText
          activeBorder inactiveBorder appWorkspace highlight highlightText btnFace btnShadow grayText btnText inactiveCaptionText
          btnHighlight 3dDkShadow 3dLight infoText infoBk hotLight gradientActiveCaption gradientInactiveCaption menuHighlight
          menuBar
        TLAnimateBehaviorCalcMode: discrete lin fmla
        TLAnimateBehaviorValueType: str num clr
        TLAnimateColorDirection: cw ccw
        TLAnimateColorSpace: rgb hsl
        TLAnimateEffectTransition: in out none
        TLAnimateMotionBehaviorOrigin: parent layout
        TLAnimateMotionPathEditMode: relative fixed
        TLBehaviorAccumulateType: none always
        TLBehaviorAdditiveType: base sum repl mult none
        TLBehaviorOverrideType: normal childStyle
        TLBehaviorTransformType: pt img
        TLChartSubelementType: gridLegend series category ptInSeries ptInCategory
        TLCommandType: evt call verb
        TLDiagramBuildType: whole depthByNode depthByBranch breadthByNode breadthByLvl cw cwIn cwOut ccw ccwIn ccwOut inByRing
          outByRing up down allAtOnce cust
        TLNextActionType: none seek
        TLOleChartBuildType: allAtOnce series category seriesEl categoryEl
        TLParaBuildType: allAtOnce p cust whole
        TLPreviousActionType: none skipTimed
        TLTime: int:0:4294967295 indefinite
        TLTimeAnimateValueTime: int:0:100000 percent:0:100 indefinite
        TLTimeNodeFillType: remove freeze hold transition
        TLTimeNodeID: int:0:4294967295
        TLTimeNodeMasterRelation: sameClick lastClick nextClick
        TLTimeNodePresetClassType: entr exit emph path verb mediacall
        TLTimeNodeRestartType: always whenNotActive never
        TLTimeNodeSyncType: canSlip locked
        TLTimeNodeType: clickEffect withEffect afterEffect mainSeq interactiveSeq clickPar withGroup afterGroup tmRoot
        TLTriggerEvent: onBegin onEnd begin end onClick onDblClick onMouseOver onMouseOut onNext onPrev onStopAudio
        TLTriggerRuntimeNode: first last all
        TextAlignType: l ctr r just justLow dist thaiDist
        TextAnchoringType: t ctr b just dist
        TextAutonumberScheme: alphaLcParenBoth alphaUcParenBoth alphaLcParenR alphaUcParenR alphaLcPeriod alphaUcPeriod
          arabicParenBoth arabicParenR arabicPeriod arabicPlain romanLcParenBoth romanUcParenBoth romanLcParenR romanUcParenR
          romanLcPeriod romanUcPeriod circleNumDbPlain circleNumWdBlackPlain circleNumWdWhitePlain arabicDbPeriod arabicDbPlain
          ea1ChsPeriod ea1ChsPlain ea1ChtPeriod ea1ChtPlain ea1JpnChsDbPeriod ea1JpnKorPlain ea1JpnKorPeriod arabic1Minus
          arabic2Minus hebrew2Minus thaiAlphaPeriod thaiAlphaParenR thaiAlphaParenBoth thaiNumPeriod thaiNumParenR thaiNumParenBoth
          hindiAlphaPeriod hindiNumPeriod hindiNumParenR hindiAlpha1Period
        TextBulletSizePercent: percent:25:400 int:25000:400000
        TextBulletStartAtNum: int:1:32767
        TextCapsType: none small all
        TextColumnCount: int:1:16
        TextFontAlignType: auto t ctr base b
        TextFontScalePercentOrPercentString: int:1000:100000 percent
        TextFontSize: int:100:400000
        TextHorzOverflowType: overflow clip
        TextIndent: int:-51206400:51206400
        TextIndentLevelType: int:0:8
        TextMargin: int:0:51206400
        TextNonNegativePoint: int:0:400000
        TextPoint: int:-400000:400000 measure
        TextShapeType: textNoShape textPlain textStop textTriangle textTriangleInverted textChevron textChevronInverted
          textRingInside textRingOutside textArchUp textArchDown textCircle textButton textArchUpPour textArchDownPour
          textCirclePour textButtonPour textCurveUp textCurveDown textCanUp textCanDown textWave1 textWave2 textDoubleWave1
          textWave4 textInflate textDeflate textInflateBottom textDeflateBottom textInflateTop textDeflateTop textDeflateInflate
          textDeflateInflateDeflate textFadeRight textFadeLeft textFadeUp textFadeDown textSlantUp textSlantDown textCascadeUp
          textCascadeDown
        TextSpacingPercentOrPercentString: int:0:13200000 percent
        TextSpacingPoint: int:0:158400
        TextStrikeType: noStrike sngStrike dblStrike
        TextTabAlignType: l ctr r dec
        TextUnderlineType: none words sng dbl heavy dotted dottedHeavy dash dashHeavy dashLong dashLongHeavy dotDash dotDashHeavy
          dotDotDash dotDotDashHeavy wavy wavyHeavy wavyDbl
        TextVertOverflowType: overflow ellipsis clip
        TextVerticalType: horz vert vert270 wordArtVert eaVert mongolianVert wordArtVertRtl
        TextWrappingType: none square
        TileFlipMode: none x y xy
        TransitionCornerDirectionType: lu ru ld rd
        TransitionEightDirectionType: l u r d lu ru ld rd
        TransitionInOutDirectionType: out in
        TransitionSideDirectionType: l u r d
        TransitionSpeed: slow med fast
        byte: int:-128:127
        int: int:-2147483648:2147483647
        unsignedByte: int:0:255
        unsignedInt: int:0:4294967295
        """
}
