#include "posthouse/smtp/wire/command_line.h"

#include <array>
#include <charconv>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"

namespace posthouse::smtp {
namespace {

struct Name {
  std::string_view name;
  Verb verb;
};
constexpr std::array<Name, 14> names{{{"MAIL", Verb::mail},
                                      {"RCPT", Verb::rcpt},
                                      {"DATA", Verb::data},
                                      {"BDAT", Verb::bdat},
                                      {"EHLO", Verb::ehlo},
                                      {"QUIT", Verb::quit},
                                      {"RSET", Verb::rset},
                                      {"NOOP", Verb::noop},
                                      {"HELO", Verb::helo},
                                      {"AUTH", Verb::auth},
                                      {"VRFY", Verb::vrfy},
                                      {"EXPN", Verb::expn},
                                      {"HELP", Verb::help},
                                      {"STARTTLS", Verb::starttls}}};

std::string_view trim_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

/// xtext of RFC 3461 section 4.
bool is_xtext(std::string_view text) noexcept {
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
        return false;
      }
      i += 2;
    } else if (text[i] < '!' || text[i] > '~' || text[i] == '=') {
      return false;
    }
  }
  return !text.empty();
}

bool read_size(std::string_view value, std::optional<std::uint64_t>& out) noexcept {
  std::uint64_t size = 0;
  if (value.empty() || value.size() > 20) {
    return false;  // RFC 1870 section 4
  }
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  if (end != value.data() + value.size()) {
    return false;
  }
  out = error == std::errc() ? size : UINT64_MAX;
  return true;
}

}  // namespace

CommandLine::CommandLine(std::string_view line) noexcept {
  word = line.substr(0, line.find_first_of(" \t"));
  argument = trim_blanks(line.substr(word.size()));
  for (const Name& name : names) {
    if (word.size() == name.name.size() && iequals(word, name.name)) {
      verb = name.verb;
      return;
    }
  }
}

LineFaults find_faults(std::string_view line) noexcept {
  LineFaults faults;
  for (const char c : line) {
    const auto octet = static_cast<unsigned char>(c);
    faults.control |= (octet < 32 && octet != '\t') || octet == 127;
    faults.eight_bit |= octet >= 128;
  }
  return faults;
}

ParameterFault read_mail_parameters(std::string_view text, MailParameters& out) {
  bool body_seen = false, auth_seen = false;
  if (!text.empty() && text.front() != ' ') {
    return ParameterFault::malformed;
  }
  for (text = trim_blanks(text); !text.empty();) {
    const std::string_view parameter = take_word(text);
    const std::size_t equals = parameter.find('=');
    const std::string_view keyword = parameter.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : parameter.substr(equals + 1);
    if (iequals(keyword, "SIZE")) {
      if (out.size) {
        return ParameterFault::malformed;
      }
      if (!read_size(value, out.size)) {
        return ParameterFault::bad_value;
      }
    } else if (iequals(keyword, "BODY")) {
      if (body_seen) {
        return ParameterFault::malformed;
      }
      body_seen = true;
      if (iequals(value, "8BITMIME")) {
        out.body = Body::eight_bit;
      } else if (iequals(value, "BINARYMIME")) {
        out.body = Body::binary;
      } else if (!iequals(value, "7BIT")) {
        return ParameterFault::bad_value;
      }
    } else if (iequals(keyword, "SMTPUTF8")) {
      if (out.smtputf8 || equals != std::string_view::npos) {
        return ParameterFault::malformed;
      }
      out.smtputf8 = true;
    } else if (iequals(keyword, "AUTH")) {
      if (auth_seen || !is_xtext(value)) {
        return ParameterFault::malformed;
      }
      auth_seen = true;
    } else {
      const auto given = equals == std::string_view::npos ? std::nullopt : std::optional(value);
      switch (read_delivery_parameter(keyword, given, out.delivery)) {
        case DeliveryParameter::taken:
          break;
        case DeliveryParameter::twice:
          return ParameterFault::malformed;
        case DeliveryParameter::bad:
          return ParameterFault::bad_value;
        case DeliveryParameter::other:
          return ParameterFault::unknown;
      }
    }
  }
  return ParameterFault::none;
}

std::optional<ChunkSize> read_chunk_size(std::string_view argument) noexcept {
  const std::string_view digits = take_word(argument);
  const auto octets = parse_number<std::uint64_t>(digits);
  argument = trim_blanks(argument);
  if (!octets || !(argument.empty() || iequals(argument, "LAST"))) {
    return std::nullopt;
  }
  return ChunkSize{*octets, !argument.empty()};
}

bool take_keyword(std::string_view& argument, std::string_view keyword) noexcept {
  if (!istarts_with(argument, keyword)) {
    return false;
  }
  argument = trim_blanks(argument.substr(keyword.size()));
  return true;
}

}  // namespace posthouse::smtp
