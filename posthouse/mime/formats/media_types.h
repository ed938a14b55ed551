#pragma once
// What a file is, by its name and by what it begins with.
#include <string_view>

namespace posthouse::mime {

/// "image/png" for "map.PNG": by the file name's ending, out of a modest table; "application/octet-stream" otherwise.
std::string_view media_type_of(std::string_view file_name) noexcept;

/// The same; where the name has no ending the table knows, by what the file begins with (a few kilobytes tell most):
/// PDF, PostScript, PNG, JPEG, GIF, WebP, TIFF, ICO, HEIC, AVIF, ZIP and what is made of it (Office Open XML,
/// OpenDocument, EPUB), gzip, bzip2, xz, zstd, 7z, RAR, tar, RTF, MP3, FLAC, Ogg, WAV, AVI, MP4 and its kin, Matroska,
/// WebM, HTML, XML, and text in UTF-8.
///
///     media_type_of("scan", "%PDF-1.7 …")        // "application/pdf"
///     media_type_of("scan.png", "%PDF-1.7 …")    // "image/png": the name has said it
std::string_view media_type_of(std::string_view file_name, std::string_view beginning) noexcept;

}  // namespace posthouse::mime
