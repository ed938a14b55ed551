#pragma once
// Takes fields out of the header of a message that goes by.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthouse::delivery {

/// Leaves out the fields that its owner does not want, whole and with the lines they are folded over, and passes on
/// every other octet as it came. A header ends for it where it ends for whoever reads the message later (mime): at the
/// empty line, or at a line that is no field. Chunks may be cut anywhere. Holds one field at a time, of those looked at,
/// and of it `most_held` octets: a longer one is decided on by those.
///
///     HeaderFilter filter({"return-path"}, [](auto name, auto value) { return true; });
///     filter.add(chunk, keep); … filter.finish(keep);
class HeaderFilter {
 public:
  static constexpr std::size_t most_held = 64 * 1024;
  /// Takes what stays of the message, in order.
  using Sink = std::function<void(std::string_view octets)>;
  /// Whether a field goes. `name` is in lower case, `value` all behind the colon.
  using Unwanted = std::function<bool(std::string_view name, std::string_view value)>;

  /// Asks `unwanted` about fields called one of `names` (lower case, 64 octets at most).
  HeaderFilter(std::vector<std::string> names, Unwanted unwanted)
      : names_(std::move(names)), unwanted_(std::move(unwanted)) {}

  /// The next chunk of the message.
  void add(std::string_view chunk, const Sink& sink);
  /// The message ends.
  void finish(const Sink& sink);

 private:
  enum class State : unsigned char { line_start, name, rest, body };
  enum class Fate : unsigned char { pass, hold, drop };  // of the field at hand

  void begin_line(char first, const Sink& sink);
  std::size_t read_name(std::string_view chunk, const Sink& sink);
  std::size_t read_rest(std::string_view chunk, const Sink& sink);
  void field_begins(const Sink& sink);
  void no_field(const Sink& sink);
  void pass_held(const Sink& sink);
  bool is_unwanted() const;
  void decide(const Sink& sink);

  const std::vector<std::string> names_;
  const Unwanted unwanted_;
  State state_ = State::line_start;
  Fate fate_ = Fate::pass;
  bool first_line_ = true;
  bool blank_ = false;  // there is one behind the name
  char blank_after_name_ = 0;
  std::size_t mark_ = 0;  // octets of a byte order mark before the name
  std::size_t name_size_ = 0;
  std::string name_;          // its first octets, as they came
  std::string held_;          // what has not been passed on: the line so far, or the field
  std::size_t value_at_ = 0;  // in held_
};

/// Leaves out what names hidden recipients (RFC 5322 section 3.6.3): Bcc and Resent-Bcc. Whoever composes a message should
/// have done so; what a program forgot must not reach the readers.
HeaderFilter bcc_filter();

}  // namespace posthouse::delivery
