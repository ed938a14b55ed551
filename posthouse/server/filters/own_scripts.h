#pragma once
// What the scripts of an account may include (RFC 6609): its own other ones, and none of the whole house.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/sieve/compile/options.h"
#include "posthouse/store/scripts/scripts.h"

namespace posthouse::server {

class OwnScripts final : public sieve::ScriptSource {
 public:
  using Find = std::function<std::optional<std::string>(std::string_view name)>;
  /// What a script is that is not there: an error, or empty, so that scripts may be put in any order (RFC 6609 section 3.2: no
  /// error on upload).
  enum class Missing : unsigned char { error, empty };

  /// `find` gives the text of the account's script of a name.
  explicit OwnScripts(Find find, Missing missing = Missing::error) : find_(std::move(find)), missing_(missing) {}
  /// Those of `folder`, which outlives it.
  explicit OwnScripts(const store::ScriptFolder& folder)
      : OwnScripts([&folder](std::string_view name) {
          const auto found = folder.scripts.find(std::string(name));
          return found == folder.scripts.end() ? std::nullopt : std::optional(found->second);
        }) {}

  std::optional<std::string> read(sieve::Location location, std::string_view name) const override {
    auto text = location == sieve::Location::personal ? find_(name) : std::nullopt;
    return text || missing_ == Missing::error ? std::move(text) : std::string();
  }
  /// One script, however its name is spelled.
  std::string canonical(std::string_view name) const override {
    return store::normalize_script_name(name).value_or(std::string(name));
  }

 private:
  Find find_;
  Missing missing_;
};

}  // namespace posthouse::server
