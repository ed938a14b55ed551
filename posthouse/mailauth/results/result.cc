#include "posthouse/mailauth/results/result.h"

namespace posthouse::mailauth {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::none:
      return "none";
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::softfail:
      return "softfail";
    case Verdict::neutral:
      return "neutral";
    case Verdict::policy:
      return "policy";
    case Verdict::temperror:
      return "temperror";
    case Verdict::permerror:
      return "permerror";
  }
  return "none";
}

}  // namespace posthouse::mailauth
