#include "posthouse/milter/result/response.h"

#include <algorithm>
#include <string>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/mail/path.h"
#include "posthouse/milter/error.h"
#include "posthouse/milter/wire/protocol.h"

namespace posthouse::milter {
namespace {

bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

std::string without_controls(std::string_view text) {
  std::string clean(text);
  std::replace_if(clean.begin(), clean.end(), is_control, '?');
  return clean;
}

std::string field_name(std::string_view name) {
  const auto fits = [](char c) { return c > ' ' && c < 0x7F && c != ':'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), fits)) {
    throw Error(Errc::protocol, "no name of a field: " + printable(name, 80));
  }
  return std::string(name);
}

/// The filter's lines end in LF alone, mostly.
std::string field_value(std::string_view raw, bool leading_space) {
  std::string value;
  if (!raw.empty() && !leading_space) {
    value = " ";
  }
  bool first = true;
  for (std::string_view line : split(raw, '\n')) {
    while (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    if (!first && trim(line).empty()) {
      continue;
    }
    if (!first) {
      value += "\r\n";
      if (line.front() != ' ' && line.front() != '\t') {
        value += '\t';
      }
    }
    value += without_controls(line);
    first = false;
  }
  return value;
}

std::string address_in(std::string_view text, mail::PathKind kind) {
  const std::string path = text.starts_with('<') ? std::string(text) : "<" + std::string(text) + ">";
  std::string_view rest = path;
  auto taken = mail::take_path(rest, kind, mail::AddressSyntax::wire);
  if (!taken || !rest.empty()) {
    throw Error(Errc::protocol, "no address: " + printable(text, 80));
  }
  return std::move(taken->text);
}

std::string parameters_in(std::string_view& data) {
  if (data.empty()) {
    return {};
  }
  const std::string_view text = take_text(data);
  if (std::any_of(text.begin(), text.end(), is_control)) {
    throw Error(Errc::protocol, "control octets in parameters");
  }
  return std::string(text);
}

Modification modification_of(char command, std::string_view& data, bool leading_space) {
  switch (command) {
    case response::add_header: {
      std::string name = field_name(take_text(data));
      return AddHeader{std::move(name), field_value(take_text(data), leading_space)};
    }
    case response::insert_header: {
      const std::uint32_t index = take_number(data);
      std::string name = field_name(take_text(data));
      return InsertHeader{index, std::move(name), field_value(take_text(data), leading_space)};
    }
    case response::change_header: {
      const std::uint32_t index = take_number(data);
      std::string name = field_name(take_text(data));
      return ChangeHeader{index, std::move(name), field_value(take_text(data), leading_space)};
    }
    case response::add_recipient:
      return AddRecipient{address_in(take_text(data), mail::PathKind::forward), {}};
    case response::add_recipient_with_parameters: {
      std::string address = address_in(take_text(data), mail::PathKind::forward);
      return AddRecipient{std::move(address), parameters_in(data)};
    }
    case response::remove_recipient:
      return RemoveRecipient{address_in(take_text(data), mail::PathKind::forward)};
    case response::change_sender: {
      std::string address = address_in(take_text(data), mail::PathKind::reverse);
      return ChangeSender{std::move(address), parameters_in(data)};
    }
    default:
      return Quarantine{without_controls(take_text(data))};
  }
}

Answer answer_of(const Reply& reply) {
  const Verdict verdict = reply.code == 421       ? Verdict::drop
                          : reply.code / 100 == 4 ? Verdict::tempfail
                                                  : Verdict::reject;
  return {.verdict = verdict, .reply = reply};
}

/// The enhanced code in front of `text`, of the class of `code` (RFC 2034); empty when there is none.
std::string_view enhanced_in(int code, std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  const auto numbers = split(word, '.');
  if (numbers.size() != 3 || parse_number<unsigned>(numbers[0]) != static_cast<unsigned>(code / 100)) {
    return {};
  }
  const auto short_number = [](std::string_view number) {
    return number.size() <= 3 && parse_number<unsigned>(number).has_value();
  };
  return short_number(numbers[1]) && short_number(numbers[2]) ? word : std::string_view();
}

std::string undoubled(std::string_view text) {
  std::string single;
  for (std::size_t i = 0; i < text.size(); ++i) {
    single += text[i];
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] == '%') {
      ++i;
    }
  }
  return single;
}

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::go_on:
      return "go on";
    case Verdict::accept:
      return "accept";
    case Verdict::reject:
      return "reject";
    case Verdict::tempfail:
      return "tempfail";
    case Verdict::discard:
      return "discard";
    case Verdict::drop:
      break;
  }
  return "drop";
}

Reply read_reply(std::string_view text) {
  constexpr std::size_t most_lines = 32;  // libmilter's own bound
  Reply reply;
  const auto lines = split(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    const auto code = parse_number<unsigned>(line.substr(0, 3));
    if (line.size() < 3 || !code || *code < 400 || *code > 599 || i >= most_lines ||
        (i != 0 && static_cast<int>(*code) != reply.code)) {
      throw Error(Errc::protocol, "no reply of 4xx or 5xx: " + printable(text, 80));
    }
    reply.code = static_cast<int>(*code);
    line.remove_prefix(3);
    if (!line.empty() && line.front() != ' ' && line.front() != '-') {
      throw Error(Errc::protocol, "no reply of 4xx or 5xx: " + printable(text, 80));
    }
    line.remove_prefix(line.empty() ? 0 : 1);
    const std::string_view enhanced = enhanced_in(reply.code, line);
    if (i == 0) {
      reply.enhanced = enhanced;
    }
    if (!enhanced.empty() && enhanced == reply.enhanced) {
      line.remove_prefix(enhanced.size());
      line.remove_prefix(line.empty() ? 0 : 1);
    }
    reply.text += (i == 0 ? "" : "\n") + undoubled(without_controls(line));
  }
  return reply;
}

std::uint32_t needed_actions(const Packet& packet) noexcept {
  switch (packet.command) {
    case response::add_header:
    case response::insert_header:
      return action::add_header;
    case response::change_header:
      return action::change_header;
    case response::replace_body:
      return action::change_body;
    case response::add_recipient:
      return action::add_recipient;
    case response::add_recipient_with_parameters:
      return action::add_recipient_with_parameters;
    case response::remove_recipient:
      return action::remove_recipient;
    case response::change_sender:
      return action::change_sender;
    case response::quarantine:
      return action::quarantine;
    default:
      return 0;
  }
}

Response read_response(const Packet& packet, bool leading_space) {
  std::string_view data = packet.data;
  switch (packet.command) {
    case response::go_on:
      return Answer{};
    case response::accept:
      return Answer{.verdict = Verdict::accept};
    case response::reject:
      return Answer{.verdict = Verdict::reject};
    case response::tempfail:
      return Answer{.verdict = Verdict::tempfail};
    case response::discard:
      return Answer{.verdict = Verdict::discard};
    case response::shutdown:
    case response::connection_failure:
      return Answer{.verdict = Verdict::drop};
    case response::reply_code:
      return answer_of(read_reply(take_text(data)));
    case response::progress:
      return Progress{};
    case response::skip:
      return Skip{};
    case response::replace_body:
      return Modification(ReplaceBody{packet.data});
    default:
      if (needed_actions(packet) == 0) {
        throw Error(Errc::protocol, "the filter said " + printable(std::string_view(&packet.command, 1)));
      }
      return modification_of(packet.command, data, leading_space);
  }
}

}  // namespace posthouse::milter
