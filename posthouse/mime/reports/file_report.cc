#include "posthouse/mime/reports/file_report.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mime/compose/build_world.h"
#include "posthouse/mime/compose/entity_writer.h"
#include "posthouse/mime/compose/field.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {

std::string build_file_report(const FileReport& report, const BuildOptions& options) {
  const auto of_a_type = [](char c) { return is_letter(c) || is_digit(c) || c == '-'; };
  if (report.type.empty() || !std::all_of(report.type.begin(), report.type.end(), of_a_type)) {
    throw Error(Errc::report, "\"" + printable(report.type) + "\" is no type of report");
  }
  const BuildWorld world(options);
  std::string out = "Date: " + format_date(world.now()) + "\r\n";
  append_addresses(out, "From", checked_list(report.from));
  append_addresses(out, "To", checked_list(report.to));
  append_typed_field(out, "Message-ID", world.new_message_id(report.from));
  append_typed_field(out, "Subject", report.subject);
  for (const auto& [name, value] : report.fields) {
    check_field_name(name);
    append_typed_field(out, name, value);
  }
  out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  std::vector<EntityPtr> parts;
  parts.push_back(text_entity(report.text, "text/plain", {}));
  parts.push_back(file_entity({.name = report.file_name, .type = report.file_type, .disposition = "attachment"},
                              Content(report.file), {}));
  MessageOutput output;
  write_entity(output, *multipart_entity("report", std::move(parts), "report-type=" + report.type), world.random());
  return out += output.buffer();
}

}  // namespace posthouse::mime
