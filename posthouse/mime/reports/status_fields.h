#pragma once
// Groups of fields, as the machine-readable part of a report has them. Private to this module.
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/header.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::mime {

/// "name: value" lines up to an empty one (RFC 3464 section 2.1). A view of the octets given.
using StatusGroup = HeaderBlock;

/// The groups of `content`, empty ones left out; at most `limit`. Linear time.
std::vector<StatusGroup> split_status_groups(std::string_view content, std::size_t limit);

/// The moment a field says; nothing for a date the system's clock cannot say (before 1678, after 2261).
std::optional<std::chrono::system_clock::time_point> moment_of(const Field& field);

/// The parts of a multipart/report (RFC 6522 section 3) a program reads.
struct ReportParts {
  std::string content{};       ///< Of the first part that has one of the types asked for.
  std::string original{};      ///< The message, or its header, in the part behind it.
  bool whole_message = false;  ///< It is the message.
};
std::optional<ReportParts> find_report(const Message& message, std::initializer_list<std::string_view> types);

/// The value of "rfc822; ann@one.test" (RFC 3464 section 2.1.2); all of it where there is no type. RFC 6533's
/// "utf-8; \x{5F20}@one.test" is decoded.
std::string typed_value(std::string_view text);

}  // namespace posthouse::mime
