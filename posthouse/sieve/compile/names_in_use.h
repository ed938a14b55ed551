#pragma once
#include <cstddef>
#include <set>
#include <string>

namespace posthouse::sieve {

/// The variables of one script.
struct VariableNames {
  std::set<std::string, std::less<>> locals{};   ///< Set, in lower case.
  std::set<std::string, std::less<>> globals{};  ///< Declared by `global`.
  bool told_too_many = false;

  std::size_t size() const noexcept { return locals.size() + globals.size(); }
};

}  // namespace posthouse::sieve
