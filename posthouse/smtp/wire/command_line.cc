#include "posthouse/smtp/wire/command_line.h"

#include <array>
#include <charconv>
#include <utility>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/mail/dsn.h"

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

/// One "KEYWORD=value" of MAIL or RCPT.
struct Parameter {
  std::string_view keyword, value;
  bool has_value;
};

/// Hands each parameter in `text` to `take` until that finds a fault.
template <class F>
ParameterFault each_parameter(std::string_view text, F&& take) {
  if (!text.empty() && text.front() != ' ') {
    return ParameterFault::malformed;
  }
  for (text = trim_blanks(text); !text.empty();) {
    const std::string_view parameter = take_word(text);
    const std::size_t equals = parameter.find('=');
    const bool has_value = equals != std::string_view::npos;
    const ParameterFault fault =
        take(Parameter{parameter.substr(0, equals), has_value ? parameter.substr(equals + 1) : "", has_value});
    if (fault != ParameterFault::none) {
      return fault;
    }
  }
  return ParameterFault::none;
}

ParameterFault fault_unless(bool good) noexcept {
  return good ? ParameterFault::none : ParameterFault::bad_value;
}

ParameterFault fault_of(DeliveryParameter read) noexcept {
  switch (read) {
    case DeliveryParameter::taken:
      return ParameterFault::none;
    case DeliveryParameter::twice:
      return ParameterFault::malformed;
    case DeliveryParameter::bad:
      return ParameterFault::bad_value;
    case DeliveryParameter::other:
      break;
  }
  return ParameterFault::unknown;
}

template <class T>
ParameterFault keep(std::optional<T> value, T& out) {
  if (value) {
    out = *std::move(value);
  }
  return fault_unless(value.has_value());
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
  return each_parameter(text, [&](const Parameter& parameter) {
    const std::string_view value = parameter.value;
    if (iequals(parameter.keyword, "SIZE")) {
      return out.size ? ParameterFault::malformed : fault_unless(read_size(value, out.size));
    }
    if (iequals(parameter.keyword, "BODY")) {
      if (std::exchange(body_seen, true)) {
        return ParameterFault::malformed;
      }
      out.body = iequals(value, "8BITMIME")     ? Body::eight_bit
                 : iequals(value, "BINARYMIME") ? Body::binary
                                                : Body::seven_bit;
      return fault_unless(out.body != Body::seven_bit || iequals(value, "7BIT"));
    }
    if (iequals(parameter.keyword, "SMTPUTF8")) {
      return std::exchange(out.smtputf8, true) || parameter.has_value ? ParameterFault::malformed
                                                                      : ParameterFault::none;
    }
    if (iequals(parameter.keyword, "AUTH")) {
      return std::exchange(auth_seen, true) || !mail::decode_xtext(value) ? ParameterFault::malformed
                                                                          : ParameterFault::none;
    }
    if (iequals(parameter.keyword, "RET")) {
      if (out.ret) {
        return ParameterFault::malformed;
      }
      out.ret = iequals(value, "FULL") ? Ret::full : Ret::headers;
      return fault_unless(out.ret == Ret::full || iequals(value, "HDRS"));
    }
    if (iequals(parameter.keyword, "ENVID")) {
      return out.envid.empty() ? keep(mail::parse_envid(value), out.envid) : ParameterFault::malformed;
    }
    return fault_of(read_delivery_parameter(parameter.keyword,
                                            parameter.has_value ? std::optional(value) : std::nullopt, out.delivery));
  });
}

ParameterFault read_rcpt_parameters(std::string_view text, bool utf8, RecipientOptions& out) {
  return each_parameter(text, [&](const Parameter& parameter) {
    if (iequals(parameter.keyword, "NOTIFY")) {
      return out.notify.said() ? ParameterFault::malformed : keep(Notify::parse(parameter.value), out.notify);
    }
    if (iequals(parameter.keyword, "ORCPT")) {
      return out.orcpt.empty() ? keep(mail::parse_orcpt(parameter.value, utf8), out.orcpt) : ParameterFault::malformed;
    }
    return ParameterFault::unknown;
  });
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
