#pragma once
// How a session's writing fails. Private to this module.
#include <exception>
#include <utility>

#include "posthouse/orm/session/session.h"

namespace posthouse::orm {

/// Runs f, which writes. When it throws, only rollback() helps: what belongs together may be written in part, and the
/// engine may have undone the whole transaction (MariaDB does so after a deadlock).
template <class F>
void Session::write(F&& f) {
  begin(sql::TransactionMode::immediate);
  wrote_ = true;
  try {
    std::forward<F>(f)();
  } catch (const std::exception& error) {
    failure_ = error.what();
    throw;
  } catch (...) {
    failure_ = "a hook threw";
    throw;
  }
}

}  // namespace posthouse::orm
