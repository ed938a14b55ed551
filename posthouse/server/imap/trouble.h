#pragma once
// How the store's refusals are told to an IMAP client. Private to this module.
#include <string_view>
#include <utility>

#include "posthouse/imap/backend/mail_error.h"
#include "posthouse/net/error.h"
#include "posthouse/server/log/reader.h"
#include "posthouse/store/error.h"

namespace posthouse::server {

/// Throws imap::MailError with the response code of RFC 5530 that says what `error` does; returns where it is not the
/// client's affair.
void refuse(const store::Error& error);

/// Runs `f`. What the store refuses becomes an answer; what fails is logged, and passes.
template <class F>
auto told(const Reader& reader, std::string_view what, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const store::Error& error) {
    refuse(error);
    log_trouble("mailbox trouble", reader, what, error);
    throw;
  } catch (const imap::MailError&) {
    throw;
  } catch (const net::Error&) {
    throw;  // the client's end of it
  } catch (const posthouse::Error& error) {
    log_trouble("mailbox trouble", reader, what, error);
    throw;
  }
}

}  // namespace posthouse::server
