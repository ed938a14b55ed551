#pragma once
// Reports for programs that are a file: multipart/report (RFC 6522) with a text for people and the file.
#include <string>
#include <utility>
#include <vector>

#include "posthouse/mime/compose/message_builder.h"

namespace posthouse::mime {

/// What is in it. All of it is UTF-8.
struct FileReport {
  std::string type{};  ///< The report-type: "tlsrpt"; letters, digits and '-'.
  std::string from{};  ///< The author, an addr-spec.
  std::string to{};    ///< Who gets it, an addr-spec.
  std::string subject{};
  std::string text{};  ///< For people.
  std::string file_name{};
  std::string file_type{};  ///< A media type.
  std::string file{};       ///< Its octets.
  /// Further fields, by name and value.
  std::vector<std::pair<std::string, std::string>> fields{};
};

/// The message, with CRLF line ends. Throws Error as MessageBuilder does (Errc::address, header, header_injection,
/// charset), and Errc::report for a type that is none.
std::string build_file_report(const FileReport& report, const BuildOptions& options = {});

}  // namespace posthouse::mime
