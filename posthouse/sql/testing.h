#pragma once
// What the tests of this module share.
#include <string>

#include <gtest/gtest.h>

#include "posthouse/sql/error.h"

namespace posthouse::sql {

/// The errc() of the sql::Error that `f` throws; fails the test when it throws none.
template <class F>
Errc errc_thrown(F&& f, std::string* what = nullptr) {
  try {
    f();
  } catch (const Error& error) {
    if (what != nullptr) {
      *what = error.what();
    }
    return error.errc();
  }
  ADD_FAILURE() << "no sql::Error was thrown";
  return Errc::other;
}

}  // namespace posthouse::sql
