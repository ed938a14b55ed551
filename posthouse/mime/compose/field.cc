#include "posthouse/mime/compose/field.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mime/error.h"
#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/fields/message_id.h"

namespace posthouse::mime {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) noexcept {
  return std::any_of(names.begin(), names.end(), [&](std::string_view other) { return iequals(name, other); });
}

bool is_id_field(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 4> names = {"Message-ID", "In-Reply-To", "References",
                                                            "Resent-Message-ID"};
  return is_one_of(name, names);
}

void append_ids(std::string& out, std::string_view name, std::string_view value) {
  check_header_text(value);
  const std::vector<std::string> ids = parse_message_ids(value);
  if (ids.empty()) {
    throw Error(Errc::header, "no message id in: " + printable(value));
  }
  out.append(name).append(": ");
  HeaderWriter writer(out, name.size() + 2);
  for (const std::string& id : ids) {
    writer.token(checked_id(id));
  }
  out.append("\r\n");
}

}  // namespace

std::vector<Address> checked_list(std::string_view list) {
  bool valid = true;
  std::vector<Address> out;
  for (AddressGroup& group : parse_address_groups(list, 100'000, &valid)) {
    out.insert(out.end(), std::make_move_iterator(group.members.begin()), std::make_move_iterator(group.members.end()));
  }
  if (!valid || out.empty()) {
    throw Error(Errc::address, "not a valid address: " + printable(list));
  }
  for (const Address& address : out) {
    check_header_text(address.name);
    wire_address(address.addr);
  }
  return out;
}

std::string checked_id(std::string_view id) {
  check_header_text(id);
  if (id.starts_with('<') && id.ends_with('>')) {
    id = id.substr(1, id.size() - 2);
  }
  const bool plain =
      std::all_of(id.begin(), id.end(), [](char c) { return c > 32 && c < 127 && c != '<' && c != '>'; });
  if (!plain || id.empty() || id.size() > 900) {
    throw Error(Errc::header, "not a valid id: " + printable(id));
  }
  return "<" + std::string(id) + ">";
}

void check_field_name(std::string_view name) {
  const bool valid = !name.empty() && name.size() <= 70 &&
                     std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127 && c != ':'; });
  if (!valid) {
    throw Error(Errc::header, "not a valid field name: " + printable(name));
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  HeaderWriter(out, name.size() + 2).unstructured(value);
  out.append("\r\n");
}

void append_addresses(std::string& out, std::string_view name, const std::vector<Address>& list) {
  if (list.empty()) {
    return;
  }
  out.append(name).append(": ");
  HeaderWriter(out, name.size() + 2).addresses(list);
  out.append("\r\n");
}

void append_typed_field(std::string& out, std::string_view name, std::string_view value) {
  check_field_name(name);
  if (is_address_field(name)) {
    return append_addresses(out, name, checked_list(value));
  }
  if (is_id_field(name)) {
    return append_ids(out, name, value);
  }
  const bool structured = istarts_with(name, "Content-") || iequals(name, "MIME-Version");
  if (structured && !is_ascii(value)) {
    throw Error(Errc::header, "only ASCII may stand in " + std::string(name));
  }
  append_field(out, name, value);
}

}  // namespace posthouse::mime
