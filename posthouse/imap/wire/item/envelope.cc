#include "posthouse/imap/wire/item/envelope.h"

#include <utility>

#include "posthouse/imap/wire/item/lenient.h"
#include "posthouse/imap/wire/text/strings.h"

namespace posthouse::imap {
namespace {

using AddressList = std::vector<EnvelopeAddress>;

void append_address_list(std::string& out, const AddressList& list) {
  out += ' ';
  if (list.empty()) {
    out += "NIL";
    return;
  }
  out += '(';
  for (const EnvelopeAddress& address : list) {
    out += '(';
    append_nstring(out, address.name);
    out += ' ';
    append_nstring(out, address.route);
    out += ' ';
    append_nstring(out, address.mailbox);
    out += ' ';
    append_nstring(out, address.host);
    out += ')';
  }
  out += ')';
}

bool read_envelope_address(Cursor& in, EnvelopeAddress& address) {
  if (!in.take('(')) {
    return in.fail("No address in an envelope");
  }
  for (auto* text : {&address.name, &address.route, &address.mailbox, &address.host}) {
    take_spaces(in);
    if (in.peek() == ')') {
      break;
    }
    auto read = take_lenient_nstring(in);
    if (!read) {
      return in.fail("No address in an envelope");
    }
    *text = std::move(*read);
  }
  take_spaces(in);
  return in.expect(')', "No address in an envelope");
}

bool read_address_list(Cursor& in, AddressList& list) {
  if (in.take_word("NIL")) {
    return true;
  }
  if (in.peek() == '"') {  // some servers send "" for an empty list
    const auto empty = in.take_quoted();
    return (empty && empty->empty()) || in.fail("No addresses in an envelope");
  }
  if (!in.take('(')) {
    return in.fail("No addresses in an envelope");
  }
  for (take_spaces(in); !in.take(')'); take_spaces(in)) {
    if (in.take_word("NIL")) {
      continue;
    }
    if (list.size() == max_envelope_addresses || !read_envelope_address(in, list.emplace_back())) {
      return in.fail("Too many addresses in an envelope");
    }
  }
  return true;
}

}  // namespace

void append_envelope(std::string& out, const Envelope& envelope) {
  out += '(';
  append_nstring(out, envelope.date);
  out += ' ';
  append_nstring(out, envelope.subject);
  for (const AddressList* list :
       {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc}) {
    append_address_list(out, *list);
  }
  out += ' ';
  append_nstring(out, envelope.in_reply_to);
  out += ' ';
  append_nstring(out, envelope.message_id);
  out += ')';
}

std::optional<Envelope> read_envelope(Cursor& in) {
  Envelope envelope;
  if (!in.expect('(', "No envelope")) {
    return std::nullopt;
  }
  const auto more = [&] {
    take_spaces(in);
    return in.peek() != ')';
  };
  for (auto* text : {&envelope.date, &envelope.subject}) {
    if (more()) {
      auto read = take_lenient_nstring(in);
      if (!read) {
        in.fail("No text in an envelope");
        return std::nullopt;
      }
      *text = std::move(*read);
    }
  }
  for (AddressList* list :
       {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc}) {
    if (more() && !read_address_list(in, *list)) {
      return std::nullopt;
    }
  }
  for (auto* text : {&envelope.in_reply_to, &envelope.message_id}) {
    if (more()) {
      auto read = take_lenient_nstring(in);
      if (!read) {
        in.fail("No text in an envelope");
        return std::nullopt;
      }
      *text = std::move(*read);
    }
  }
  take_spaces(in);
  if (!in.expect(')', "An envelope has no end")) {
    return std::nullopt;
  }
  return envelope;
}

}  // namespace posthouse::imap
