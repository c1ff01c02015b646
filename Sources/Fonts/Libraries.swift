import CAtelierFontconfig
import CAtelierHarfBuzz

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A shared library opened for the life of the process.
private struct SharedLibrary {
    let handle: UnsafeMutableRawPointer

    init?(_ name: String) {
        guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return nil }
        self.handle = handle
    }

    func function<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
        // The shim's header gives each function the type that the library's own header has.
        dlsym(handle, name).map { unsafeBitCast($0, to: type) }
    }
}

/// The functions of HarfBuzz, looked up once. Faces and fonts made immutable may be used from any thread.
struct HarfBuzz: @unchecked Sendable {
    // Unchecked: nothing here changes after `init`, and C functions belong to nobody.

    /// Nil when the library is not on this machine.
    static let shared = HarfBuzz()

    let version: String
    let openBlob: hb_blob_create_from_file_or_fail_t
    let releaseBlob: hb_blob_destroy_t
    let makeFace: hb_face_create_t
    let releaseFace: hb_face_destroy_t
    let unitsPerEm: hb_face_get_upem_t
    let glyphCount: hb_face_get_glyph_count_t
    let makeFont: hb_font_create_t
    let releaseFont: hb_font_destroy_t
    let setInstance: hb_font_set_var_named_instance_t
    let freeze: hb_font_make_immutable_t
    let extents: hb_font_get_h_extents_t
    let glyph: hb_font_get_nominal_glyph_t
    let outline: hb_font_get_glyph_shape_t
    let metric: hb_ot_metrics_get_position_t
    let makeBuffer: hb_buffer_create_t
    let releaseBuffer: hb_buffer_destroy_t
    let addText: hb_buffer_add_utf8_t
    let setDirection: hb_buffer_set_direction_t
    let guessProperties: hb_buffer_guess_segment_properties_t
    let infos: hb_buffer_get_glyph_infos_t
    let positions: hb_buffer_get_glyph_positions_t
    let shape: hb_shape_t
    let script: hb_unicode_script_t
    let unicode: OpaquePointer?
    /// Callbacks that draw into an `OutlineSink`.
    let pen: OpaquePointer?

    private init?() {
        guard let library = SharedLibrary("libharfbuzz.so.0"),
            let version: hb_version_string_t = library.function("hb_version_string"), let text = version(),
            let openBlob: hb_blob_create_from_file_or_fail_t = library.function("hb_blob_create_from_file_or_fail"),
            let releaseBlob: hb_blob_destroy_t = library.function("hb_blob_destroy"),
            let makeFace: hb_face_create_t = library.function("hb_face_create"),
            let releaseFace: hb_face_destroy_t = library.function("hb_face_destroy"),
            let unitsPerEm: hb_face_get_upem_t = library.function("hb_face_get_upem"),
            let glyphCount: hb_face_get_glyph_count_t = library.function("hb_face_get_glyph_count"),
            let makeFont: hb_font_create_t = library.function("hb_font_create"),
            let releaseFont: hb_font_destroy_t = library.function("hb_font_destroy"),
            let setInstance: hb_font_set_var_named_instance_t = library.function("hb_font_set_var_named_instance"),
            let freeze: hb_font_make_immutable_t = library.function("hb_font_make_immutable"),
            let extents: hb_font_get_h_extents_t = library.function("hb_font_get_h_extents"),
            let glyph: hb_font_get_nominal_glyph_t = library.function("hb_font_get_nominal_glyph"),
            let outline: hb_font_get_glyph_shape_t = library.function("hb_font_get_glyph_shape"),
            let metric: hb_ot_metrics_get_position_t = library.function("hb_ot_metrics_get_position"),
            let makeBuffer: hb_buffer_create_t = library.function("hb_buffer_create"),
            let releaseBuffer: hb_buffer_destroy_t = library.function("hb_buffer_destroy"),
            let addText: hb_buffer_add_utf8_t = library.function("hb_buffer_add_utf8"),
            let setDirection: hb_buffer_set_direction_t = library.function("hb_buffer_set_direction"),
            let guessProperties: hb_buffer_guess_segment_properties_t = library.function("hb_buffer_guess_segment_properties"),
            let infos: hb_buffer_get_glyph_infos_t = library.function("hb_buffer_get_glyph_infos"),
            let positions: hb_buffer_get_glyph_positions_t = library.function("hb_buffer_get_glyph_positions"),
            let shape: hb_shape_t = library.function("hb_shape"),
            let script: hb_unicode_script_t = library.function("hb_unicode_script"),
            let unicode: hb_unicode_funcs_get_default_t = library.function("hb_unicode_funcs_get_default"),
            let makePen: hb_draw_funcs_create_t = library.function("hb_draw_funcs_create"),
            let setMove: hb_draw_funcs_set_point_t = library.function("hb_draw_funcs_set_move_to_func"),
            let setLine: hb_draw_funcs_set_point_t = library.function("hb_draw_funcs_set_line_to_func"),
            let setQuadratic: hb_draw_funcs_set_quadratic_t = library.function("hb_draw_funcs_set_quadratic_to_func"),
            let setCubic: hb_draw_funcs_set_cubic_t = library.function("hb_draw_funcs_set_cubic_to_func"),
            let setClose: hb_draw_funcs_set_close_t = library.function("hb_draw_funcs_set_close_path_func"), let pen = makePen()
        else { return nil }
        setMove(pen, penMoved, nil, nil)
        setLine(pen, penDrewLine, nil, nil)
        setQuadratic(pen, penDrewQuadratic, nil, nil)
        setCubic(pen, penDrewCubic, nil, nil)
        setClose(pen, penClosed, nil, nil)
        (self.version, self.openBlob, self.releaseBlob, self.makeFace) = (String(cString: text), openBlob, releaseBlob, makeFace)
        (self.releaseFace, self.unitsPerEm, self.glyphCount, self.makeFont) = (releaseFace, unitsPerEm, glyphCount, makeFont)
        (self.releaseFont, self.setInstance, self.freeze, self.extents) = (releaseFont, setInstance, freeze, extents)
        (self.glyph, self.outline, self.metric, self.makeBuffer) = (glyph, outline, metric, makeBuffer)
        (self.releaseBuffer, self.addText, self.setDirection) = (releaseBuffer, addText, setDirection)
        (self.guessProperties, self.infos, self.positions, self.shape) = (guessProperties, infos, positions, shape)
        (self.script, self.unicode, self.pen) = (script, unicode(), pen)
    }
}

/// The functions of fontconfig, looked up once. Configurations are used by one thread at a time (see `FontEnvironment`).
struct Fontconfig: @unchecked Sendable {
    // Unchecked: nothing here changes after `init`, and C functions belong to nobody.

    /// Nil when the library is not on this machine.
    static let shared = Fontconfig()

    let version: Int
    let load: FcInitLoadConfigAndFonts_t
    let release: FcConfigDestroy_t
    let isUpToDate: FcConfigUptoDate_t
    let files: FcConfigGetPaths_t
    let folders: FcConfigGetPaths_t
    let next: FcStrListNext_t
    let endList: FcStrListDone_t
    let makePattern: FcPatternCreate_t
    let releasePattern: FcPatternDestroy_t
    let addString: FcPatternAddString_t
    let addInteger: FcPatternAddInteger_t
    let addBool: FcPatternAddBool_t
    let addCharacters: FcPatternAddCharSet_t
    let string: FcPatternGetString_t
    let integer: FcPatternGetInteger_t
    let makeCharacters: FcCharSetCreate_t
    let addCharacter: FcCharSetAddChar_t
    let releaseCharacters: FcCharSetDestroy_t
    let substitute: FcConfigSubstitute_t
    let addDefaults: FcDefaultSubstitute_t
    let match: FcFontMatch_t
    let sort: FcFontSort_t
    let releaseFonts: FcFontSetDestroy_t
    let weightFromOpenType: FcWeightFromOpenType_t
    let weightToOpenType: FcWeightToOpenType_t

    private init?() {
        guard let library = SharedLibrary("libfontconfig.so.1"), let version: FcGetVersion_t = library.function("FcGetVersion"),
            let load: FcInitLoadConfigAndFonts_t = library.function("FcInitLoadConfigAndFonts"),
            let release: FcConfigDestroy_t = library.function("FcConfigDestroy"),
            let isUpToDate: FcConfigUptoDate_t = library.function("FcConfigUptoDate"),
            let files: FcConfigGetPaths_t = library.function("FcConfigGetConfigFiles"),
            let folders: FcConfigGetPaths_t = library.function("FcConfigGetFontDirs"),
            let next: FcStrListNext_t = library.function("FcStrListNext"), let endList: FcStrListDone_t = library.function("FcStrListDone"),
            let makePattern: FcPatternCreate_t = library.function("FcPatternCreate"),
            let releasePattern: FcPatternDestroy_t = library.function("FcPatternDestroy"),
            let addString: FcPatternAddString_t = library.function("FcPatternAddString"),
            let addInteger: FcPatternAddInteger_t = library.function("FcPatternAddInteger"),
            let addBool: FcPatternAddBool_t = library.function("FcPatternAddBool"),
            let addCharacters: FcPatternAddCharSet_t = library.function("FcPatternAddCharSet"),
            let string: FcPatternGetString_t = library.function("FcPatternGetString"),
            let integer: FcPatternGetInteger_t = library.function("FcPatternGetInteger"),
            let makeCharacters: FcCharSetCreate_t = library.function("FcCharSetCreate"),
            let addCharacter: FcCharSetAddChar_t = library.function("FcCharSetAddChar"),
            let releaseCharacters: FcCharSetDestroy_t = library.function("FcCharSetDestroy"),
            let substitute: FcConfigSubstitute_t = library.function("FcConfigSubstitute"),
            let addDefaults: FcDefaultSubstitute_t = library.function("FcDefaultSubstitute"),
            let match: FcFontMatch_t = library.function("FcFontMatch"), let sort: FcFontSort_t = library.function("FcFontSort"),
            let releaseFonts: FcFontSetDestroy_t = library.function("FcFontSetDestroy"),
            let weightFromOpenType: FcWeightFromOpenType_t = library.function("FcWeightFromOpenType"),
            let weightToOpenType: FcWeightToOpenType_t = library.function("FcWeightToOpenType")
        else { return nil }
        (self.version, self.load, self.release, self.isUpToDate) = (Int(version()), load, release, isUpToDate)
        (self.files, self.folders, self.next, self.endList) = (files, folders, next, endList)
        (self.makePattern, self.releasePattern, self.addString, self.addInteger) = (makePattern, releasePattern, addString, addInteger)
        (self.addBool, self.addCharacters, self.string, self.integer) = (addBool, addCharacters, string, integer)
        (self.makeCharacters, self.addCharacter, self.releaseCharacters) = (makeCharacters, addCharacter, releaseCharacters)
        (self.substitute, self.addDefaults, self.match, self.sort) = (substitute, addDefaults, match, sort)
        (self.releaseFonts, self.weightFromOpenType, self.weightToOpenType) = (releaseFonts, weightFromOpenType, weightToOpenType)
    }
}
