#include "posthouse/sieve/run/letter.h"

#include "posthouse/base/text.h"
#include "posthouse/mail/address.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/mime/html/html_text.h"

namespace posthouse::sieve {
namespace {

constexpr std::size_t most_names = 256;
constexpr std::size_t most_addresses = 10'000;
constexpr std::size_t most_text_octets = 4U << 20U;

}  // namespace

const std::string& ReadField::text() {
  if (!text_) {
    text_ = field_.text();
  }
  return *text_;
}

const std::vector<std::string>& ReadField::addresses() {
  if (addresses_) {
    return *addresses_;
  }
  addresses_.emplace();
  bool empty = true;
  for (mime::AddressGroup& group : mime::parse_address_groups(field_.raw_value(), most_addresses)) {
    empty = empty && !group.name && group.members.empty();
    for (mime::Address& address : group.members) {
      addresses_->push_back(std::move(address.addr));
    }
  }
  if (empty) {
    addresses_->push_back(text());
  }
  return *addresses_;
}

std::vector<ReadField>& Letter::named(const std::string& name) {
  std::string key = to_lower(name);
  if (const auto known = read_.find(key); known != read_.end()) {
    return known->second;
  }
  if (read_.size() >= most_names) {
    read_.clear();
  }
  std::vector<ReadField> fields;
  for (const mime::Headers& block : {front_.headers(), headers()}) {
    for (const mime::Field field : block) {
      if (field.is(name)) {
        fields.emplace_back(field);
      }
    }
  }
  return read_.emplace(std::move(key), std::move(fields)).first->second;
}

mime::Headers Letter::headers() const noexcept {
  return edited_ ? block_.headers() : message_.headers();
}

const AddressParts& Letter::parts(const std::string& addr) {
  if (const auto known = parts_.find(addr); known != parts_.end()) {
    return known->second;
  }
  if (parts_.size() >= most_names) {
    parts_.clear();
  }
  AddressParts parts{.whole = addr};
  if (const auto address = mail::Address::parse(addr, mail::AddressSyntax::wire)) {
    const std::size_t at = addr.rfind('@');
    parts = {.whole = address->local_part().text() + addr.substr(at),
             .valid = true,
             .local = address->local_part().content(),
             .domain = addr.substr(at + 1)};
  }
  return parts_.emplace(addr, std::move(parts)).first->second;
}

const ReadText& Letter::text(const mime::Part& part) {
  if (const auto known = texts_.find(part.index()); known != texts_.end()) {
    return known->second;
  }
  if (texts_octets_ >= most_text_octets) {
    texts_.clear();
    texts_octets_ = 0;
  }
  ReadText read{.text = part.text()};
  read.decoded = read.text.size();
  if (part.is("text/html")) {
    read.text = mime::html_to_text(read.text);
  }
  texts_octets_ += read.text.size();
  return texts_.emplace(part.index(), std::move(read)).first->second;
}

void Letter::edit(const HeaderEdit& edit) {
  if (!edited_) {
    edited_.emplace(message_.raw().substr(0, message_.raw().size() - message_.root().raw_body().size()));
  }
  read_.clear();
  apply_edit(edit, *edited_);
  block_ = mime::HeaderBlock::scan(*edited_);
}

bool Letter::has_body() const noexcept {
  const std::string_view header = message_.root().raw_header();
  return !message_.root().raw_body().empty() || header.ends_with("\n\r\n") || header.ends_with("\n\n") ||
         header == "\r\n" || header == "\n";
}

}  // namespace posthouse::sieve
