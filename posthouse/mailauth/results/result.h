#pragma once
// What a method of authentication found out, in the words of Authentication-Results.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace posthouse::mailauth {

/// The result of a method: SPF, DKIM, DMARC, ARC, iprev (RFC 8601 section 2.7). Not every method has every verdict.
enum class Verdict : std::uint8_t {
  none,       ///< There was nothing to check: no signature, no record, no ARC set.
  pass,       ///< It is as it says.
  fail,       ///< It is not.
  softfail,   ///< SPF: it is probably not.
  neutral,    ///< SPF: the domain does not say. DKIM: the signature cannot be understood.
  policy,     ///< It may be so, but is not acceptable here: a weak key, a body signed in part.
  temperror,  ///< Nobody could say: the DNS did not answer. Ask again later.
  permerror,  ///< Asking again will not help: no key, a faulty record.
};

/// "pass", "temperror".
std::string_view to_string(Verdict verdict) noexcept;

/// How a result came about, a line of text for people each, in order. Text from outside is made printable.
using Steps = std::vector<std::string>;

}  // namespace posthouse::mailauth
