#pragma once
// What a filter says to a step, and to a message.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/milter/result/modification.h"

namespace posthouse::milter {

enum class Verdict : std::uint8_t {
  go_on,     ///< Nothing against it so far.
  accept,    ///< Take it, and do not ask again: this connection (said at connect and HELO), or this message.
  reject,    ///< Refuse for good: the connection, the message, or the recipient that was asked about.
  tempfail,  ///< Refuse for now.
  discard,   ///< Say yes to the client and keep nothing.
  drop,      ///< Answer 421 and end the connection.
};

/// The name of `verdict`: "tempfail".
std::string_view to_string(Verdict verdict) noexcept;

/// What the client is to be answered, where the filter has words of its own: 4xx with tempfail, 5xx with reject, 421 with drop.
struct Reply {
  int code = 0;            ///< 400 to 599.
  std::string enhanced{};  ///< "5.7.1"; empty where the filter gave none.
  std::string text{};      ///< Without codes and control octets; '\n' between the lines of a longer one.

  bool operator==(const Reply&) const = default;
};

/// The answer to a step.
struct Answer {
  Verdict verdict = Verdict::go_on;
  std::optional<Reply> reply{};
  /// Why the filter could not be asked; the verdict is what the settings say then. Empty: it has answered itself.
  std::string failure{};

  /// False: no further step of this message (or connection) changes anything.
  bool goes_on() const noexcept { return verdict == Verdict::go_on; }
  bool operator==(const Answer&) const = default;
};

/// The answer to a message. Modifications are there only where it is to be taken, in the filter's order.
struct Result {
  Answer answer{};
  std::vector<Modification> modifications{};
};

}  // namespace posthouse::milter
