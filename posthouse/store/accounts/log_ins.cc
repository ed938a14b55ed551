#include "posthouse/store/accounts/log_ins.h"

#include <cstdint>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/store/tables/moments.h"

namespace posthouse::store {
namespace {

/// A client may call itself anything. `most` octets are left of it.
std::string clean_name(std::string_view name, std::size_t most) {
  std::string clean(trim(name).substr(0, most));
  constexpr std::size_t longest_character = 4;
  if (clean.size() == most) {
    std::size_t cut = 0;  // octets of a character that was cut
    while (cut < longest_character && !is_utf8(std::string_view(clean).substr(0, clean.size() - cut))) {
      ++cut;
    }
    clean.resize(cut < longest_character ? clean.size() - cut : clean.size());
  }
  const bool is_text = is_utf8(clean);
  for (char& octet : clean) {
    const auto value = static_cast<unsigned char>(octet);
    if (value < 32 || value == 127 || (value > 127 && !is_text)) {
      octet = '?';
    }
  }
  return clean;
}

/// Of the clients of an account the latest are kept.
void forget_oldest(sql::Connection& db, AccountId account, const std::string& protocol) {
  const auto oldest = db.query_optional<std::int64_t>(
      "SELECT at FROM log_in WHERE account_id = ? AND protocol = ? ORDER BY at DESC LIMIT 1 OFFSET ?", account,
      protocol, most_log_ins - 1);
  if (oldest) {
    db.exec("DELETE FROM log_in WHERE account_id = ? AND protocol = ? AND at < ?", account, protocol, *oldest);
  }
}

}  // namespace

void write_log_ins(Write& write, std::span<const LogIn> log_ins) {
  sql::Connection& db = own_tables(write);
  for (const LogIn& log_in : log_ins) {
    const std::string client = clean_name(log_in.client, most_client_name);
    const bool known = db.exec("DELETE FROM log_in WHERE account_id = ? AND protocol = ? AND client = ?",
                               log_in.account, log_in.protocol, client) != 0;
    db.exec(
        "INSERT INTO log_in (account_id, protocol, client, peer, at) SELECT id, ?, ?, ?, ? FROM account WHERE id = ?",
        log_in.protocol, client, clean_name(log_in.peer, 63), stored(log_in.at), log_in.account);
    if (!known) {
      forget_oldest(db, log_in.account, log_in.protocol);
    }
  }
}

std::vector<LogIn> last_log_ins(Read& read, AccountId account) {
  std::vector<LogIn> found;
  for (auto&& [protocol, client, peer, at] :
       own_tables(read).query<std::string, std::string, std::string, std::int64_t>(
           "SELECT protocol, client, peer, at FROM log_in WHERE account_id = ? ORDER BY at DESC, protocol, client",
           account)) {
    found.push_back({.account = account, .protocol = protocol, .client = client, .peer = peer, .at = moment_of(at)});
  }
  return found;
}

}  // namespace posthouse::store
