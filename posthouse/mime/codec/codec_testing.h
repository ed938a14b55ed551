#pragma once
// For tests: the vector loops under every instruction set this processor has.
#include <cstdint>

#include <gtest/gtest.h>
#define HWY_WANT_AVX3_DL  // which base64 has
#include <hwy/highway.h>

namespace posthouse::mime {

/// Calls `f` with the vector loops of each instruction set in turn.
template <class F>
void for_each_target(const F& f) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    f();
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace posthouse::mime
