#include "posthouse/imap/wire/text/flags.h"

#include <algorithm>
#include <array>
#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

constexpr std::array<std::pair<std::string_view, SystemFlag>, 6> system_flags = {{{"\\Answered", SystemFlag::answered},
                                                                                  {"\\Flagged", SystemFlag::flagged},
                                                                                  {"\\Deleted", SystemFlag::deleted},
                                                                                  {"\\Seen", SystemFlag::seen},
                                                                                  {"\\Draft", SystemFlag::draft},
                                                                                  {"\\Recent", SystemFlag::recent}}};

const SystemFlag* system_flag(std::string_view name) noexcept {
  const auto* found = std::find_if(system_flags.begin(), system_flags.end(),
                                   [&](const auto& entry) { return iequals(entry.first, name); });
  return found == system_flags.end() ? nullptr : &found->second;
}

}  // namespace

bool Flags::has(std::string_view name) const noexcept {
  if (const SystemFlag* flag = system_flag(name)) {
    return has(*flag);
  }
  return std::any_of(others_.begin(), others_.end(), [&](const std::string& other) { return iequals(other, name); });
}

Flags Flags::of(std::initializer_list<std::string_view> names) {
  Flags flags;
  for (const std::string_view name : names) {
    flags.add(name);
  }
  return flags;
}

void Flags::add(std::string_view name) {
  if (const SystemFlag* flag = system_flag(name)) {
    add(*flag);
  } else if (!has(name)) {
    others_.emplace_back(name);
  }
}

std::string Flags::to_string() const {
  std::string out;
  const auto append = [&](std::string_view name) {
    if (!out.empty()) {
      out += ' ';
    }
    out += name;
  };
  for (const auto& [name, flag] : system_flags) {
    if (has(flag)) {
      append(name);
    }
  }
  for (const std::string& other : others_) {
    append(other);
  }
  return out;
}

}  // namespace posthouse::imap
