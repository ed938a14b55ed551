#pragma once
#include <map>
#include <string>
#include <vector>

namespace mailload {

/// The command line: `mailload COMMAND --name value …`. Every option takes a value.
class Options {
 public:
  /// @throws std::runtime_error where a word is no option, an option has no value, or one is not in `known`.
  Options(const std::vector<std::string>& words, const std::vector<std::string>& known);

  bool has(const std::string& name) const { return values_.contains(name); }
  std::string text(const std::string& name, const std::string& otherwise = {}) const;
  /// @throws std::runtime_error where the value is not a whole number.
  long number(const std::string& name, long otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

/// `pattern` with its first %d replaced by `number`: "u%d@bench.test", 7 -> "u7@bench.test".
std::string numbered(const std::string& pattern, long number);

}  // namespace mailload
