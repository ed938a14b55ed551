#include "posthouse/sieve/actions/actions.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "posthouse/base/text.h"

namespace posthouse::sieve {
namespace {

std::string with_flags(const std::vector<std::string>& flags) {
  return flags.empty() ? std::string() : fmt::format(" with {}", fmt::join(flags, " "));
}

std::string but_why(const std::string& withheld) {
  return withheld.empty() ? std::string() : fmt::format(", but: {}", withheld);
}

struct Describe {
  std::string operator()(const Keep& keep) const { return "keep" + with_flags(keep.flags); }
  std::string operator()(const FileInto& file) const {
    return fmt::format("fileinto \"{}\"{}{}{}", printable(file.mailbox), with_flags(file.flags),
                       file.special_use.empty() ? "" : ", or the mailbox that is " + file.special_use,
                       file.create ? ", created where it is missing" : "");
  }
  std::string operator()(const Redirect& redirect) const {
    return fmt::format("redirect to {}", printable(redirect.address));
  }
  std::string operator()(const Discard&) const { return "discard"; }
  std::string operator()(const Reject& reject) const {
    return fmt::format("{} \"{}\"", reject.in_protocol ? "ereject" : "reject", printable(reject.reason));
  }
  std::string operator()(const Vacation& vacation) const {
    return fmt::format("vacation to {}, \"{}\"{}", printable(vacation.to), printable(vacation.subject),
                       but_why(vacation.withheld));
  }
  std::string operator()(const Notify& notify) const {
    return fmt::format("notify {}, \"{}\"{}", printable(notify.method), printable(notify.subject),
                       but_why(notify.withheld));
  }
};

}  // namespace

std::string_view name_of(const Action& action) noexcept {
  static constexpr std::array<std::string_view, 7> names{"keep",   "fileinto", "redirect", "discard",
                                                         "reject", "vacation", "notify"};
  return names[action.what.index()];
}

std::string describe(const Action& action) {
  return std::visit(Describe{}, action.what);
}

}  // namespace posthouse::sieve
