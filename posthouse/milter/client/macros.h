#pragma once
// What a server tells of itself, the client and the message beside the commands: sendmail's macros.
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/milter/wire/negotiation.h"

namespace posthouse::milter {

/// Values by names, and which of them go at which step. Names are with or without braces: "i", "auth_type", "{auth_type}".
/// By default a step takes what Postfix and sendmail send there; a filter may want others (action::set_macros).
///
/// Bounded: values of 1 KiB (more is cut), 256 of them, 64 names a step.
class Macros {
 public:
  Macros();

  /// Control octets become question marks. An empty value takes the name out.
  void set(std::string_view name, std::string_view value);
  /// Takes out what belongs to one message: i, mail_*, rcpt_*.
  void clear_message();
  void clear() noexcept { values_.clear(); }

  /// What a filter wants at `stage`, in place of what is usual: names between spaces.
  void want(Stage stage, std::string_view names);

  /// What is usual at every stage.
  void want_usual();

  /// The data of the packet that goes before `command`; empty when there is nothing to tell.
  std::string packet_data(Stage stage, char command) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::array<std::vector<std::string>, stages> wanted_;
};

}  // namespace posthouse::milter
