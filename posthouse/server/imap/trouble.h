#pragma once
// How the store's refusals are told to an IMAP client. Private to this module.
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/imap/backend/mail_error.h"
#include "posthouse/net/error.h"
#include "posthouse/store/error.h"

namespace posthouse::server {

/// What stands in the log of whoever asked.
struct ImapReader {
  std::string peer;
  std::string user;
};

/// Throws imap::MailError with the response code of RFC 5530 that says what `error` does; returns where it is not the
/// client's affair.
void refuse(const store::Error& error);

/// Writes a line about what could not be done.
void log_trouble(const ImapReader& reader, std::string_view what, const posthouse::Error& error);

/// Runs `f`. What the store refuses becomes an answer; what fails is logged, and passes.
template <class F>
auto told(const ImapReader& reader, std::string_view what, F&& f) {
  try {
    return std::forward<F>(f)();
  } catch (const store::Error& error) {
    refuse(error);
    log_trouble(reader, what, error);
    throw;
  } catch (const imap::MailError&) {
    throw;
  } catch (const net::Error&) {
    throw;  // the client's end of it
  } catch (const posthouse::Error& error) {
    log_trouble(reader, what, error);
    throw;
  }
}

}  // namespace posthouse::server
