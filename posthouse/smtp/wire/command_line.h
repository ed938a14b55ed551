#pragma once
// One command of a client, taken apart: verb, path, parameters (RFC 5321 section 4.1.1).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/smtp/wire/delivery_parameters.h"
#include "posthouse/smtp/wire/envelope.h"

namespace posthouse::smtp {

/// The commands; `unknown` is everything else.
enum class Verb : std::uint8_t {
  unknown,
  ehlo,
  helo,
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  vrfy,
  expn,
  help,
  quit,
  starttls,
  auth
};

/// A command line without its line end: views into it.
struct CommandLine {
  explicit CommandLine(std::string_view line) noexcept;
  Verb verb = Verb::unknown;
  std::string_view word;      ///< The verb as it came.
  std::string_view argument;  ///< What follows the verb and a space, without spaces at its ends.
};

/// Which octets of a line are not fit for a command.
struct LineFaults {
  bool control = false;  ///< NUL, a bare CR, DEL or another control octet but TAB.
  bool eight_bit = false;
};
LineFaults find_faults(std::string_view line) noexcept;

/// What MAIL's parameters ask. (AUTH, RFC 4954 section 5, is read and forgotten: this server trusts nobody's word.)
struct MailParameters {
  std::optional<std::uint64_t> size;
  Body body = Body::seven_bit;
  bool smtputf8 = false;
  DeliveryParameters delivery{};
  std::optional<Ret> ret;
  std::string envid;
};

/// Why parameters were not taken.
enum class ParameterFault : std::uint8_t {
  none,
  malformed,  ///< Not RFC 5321's grammar, or the same twice: 501 5.5.4.
  bad_value,  ///< A parameter we know with a value we do not: 501 5.5.4.
  unknown,    ///< 555 5.5.4.
};

/// Reads the parameters behind MAIL's path into `out`.
ParameterFault read_mail_parameters(std::string_view text, MailParameters& out);

/// What BDAT says about the octets behind it (RFC 3030 section 2).
struct ChunkSize {
  std::uint64_t octets = 0;
  bool last = false;
};

/// Reads BDAT's argument: "86", "0 LAST". Nothing when it is not that, or has more digits than 64 bits hold: then nobody
/// can tell where the next command begins.
std::optional<ChunkSize> read_chunk_size(std::string_view argument) noexcept;

/// Reads the parameters behind RCPT's path into `out` (RFC 3461); `utf8` says that MAIL had SMTPUTF8.
ParameterFault read_rcpt_parameters(std::string_view text, bool utf8, RecipientOptions& out);

/// Takes "FROM:" or "TO:" (ASCII case aside) and spaces behind it off `argument`; false when it is not there. The space
/// is no SMTP (RFC 5321 section 3.3), but harmless and common.
bool take_keyword(std::string_view& argument, std::string_view keyword) noexcept;

}  // namespace posthouse::smtp
