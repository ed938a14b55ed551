#include "posthouse/server/smtp/sending_guard.h"

#include <chrono>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/fiber/time.h"
#include "posthouse/server/addresses/house_letter.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

store::Moment sending_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(fiber::wall_now());
}

HouseText text_of_excess(const std::string& user, const store::SendingExcess& excess) {
  const bool hour = excess.within == "hour";
  const bool letters = excess.of == "letters";
  return {
      .subject = user + " has reached a limit of sending",
      .subject_zh = user + " 已达到发信上限",
      .text = fmt::format(
          "The account {} has reached the limit on {} within {}: {}.\n\n"
          "What it hands in beyond that is refused until there is room again; its mail program says so. If this is\n"
          "more than its owner sends, somebody else may know the password: change it with\n\n"
          "    posthouse account passwd {}\n\n"
          "If it is not, give the account another limit:\n\n    posthouse account limits {}\n\n"
          "You will not be told of this account again for a day.",
          user, letters ? "letters" : "recipients", hour ? "an hour" : "a day", excess.limit, user, user),
      .text_zh =
          fmt::format("账户 {} 在{}内发出的{}已达到上限：{}。\n\n"
                      "超出的邮件在额度恢复之前会被拒收，其邮件程序会显示这一点。如果发信量超出账户主人平时的\n"
                      "用量，密码可能已经泄露，请更换密码：\n\n    posthouse account passwd {}\n\n"
                      "如果一切正常，请调整该账户的上限：\n\n    posthouse account limits {}\n\n"
                      "一天之内不会再就此账户通知您。",
                      user, hour ? "一小时" : "一天", letters ? "邮件数" : "收件人数", excess.limit, user, user)};
}

}  // namespace

std::optional<smtp::Reply> SendingGuard::mail(const smtp::Session& session, const store::SendingLimits& defaults) {
  limits_.reset();
  const store::AccountId account = session.user_id;
  if (account == 0) {  // a user of this machine, or a device: no account
    return std::nullopt;
  }
  const store::SendingLimits limits =
      house_.store->read([&](store::Read& read) { return store::sending_limits(read, account); }).or_else(defaults);
  if (!limits.any()) {
    return std::nullopt;
  }
  use_ = house_.store->read([&](store::Read& read) { return store::sent_lately(read, account, sending_now()); });
  if (const auto excess = store::excess_of(use_, limits, 1)) {
    return refuse(session, *excess, 450);
  }
  limits_ = limits;
  return std::nullopt;
}

std::optional<smtp::Reply> SendingGuard::recipient(const smtp::Session& session, std::size_t accepted) {
  const auto excess = limits_ ? store::excess_of(use_, *limits_, accepted + 1) : std::nullopt;
  return excess ? std::optional(refuse(session, *excess, 452)) : std::nullopt;
}

std::optional<smtp::Reply> SendingGuard::data(const smtp::Session& session, std::size_t recipients) {
  if (!limits_) {
    return std::nullopt;
  }
  const auto excess = house_.store->write([&](store::Write& write) {
    return store::count_sent(write, session.user_id, recipients, sending_now(), *limits_);
  });
  return excess ? std::optional(refuse(session, *excess, 452)) : std::nullopt;
}

smtp::Reply SendingGuard::refuse(const smtp::Session& session, const store::SendingExcess& excess, int code) {
  log_bounded(spdlog::level::warn, "sending limit reached", "peer={} user={} limit=\"{} {} within a{} {}\"",
              session.peer.to_string(), shown(session.user), excess.limit, excess.of,
              excess.within == "hour" ? "n" : "", excess.within);
  tell_operator(session, excess);
  return {code, "4.7.1",
          fmt::format("{} has reached its limit of {} {} within a{} {}; try again later", printable(session.user),
                      excess.limit, excess.of, excess.within == "hour" ? "n" : "", excess.within)};
}

/// What goes wrong with it keeps nobody from being answered.
void SendingGuard::tell_operator(const smtp::Session& session, const store::SendingExcess& excess) {
  try {
    const std::string domain = session.user.substr(session.user.rfind('@') + 1);
    const std::string postmaster = "postmaster@" + domain;
    const store::Moment now = sending_now();
    const bool due = house_.store->write(
        [&](store::Write& write) { return store::may_tell_of_excess(write, session.user_id, now); });
    const auto letter =
        due ? write_house_letter(*house_.store, house_.hostname, postmaster, house_.directory->resolve(postmaster),
                                 text_of_excess(session.user, excess))
            : std::nullopt;
    if (letter) {
      house_.store->write([&](store::Write& write) { delivery::deliver(write, letter->letter, letter->to, now); });
    }
  } catch (const posthouse::Error& error) {
    log_bounded(spdlog::level::warn, "operator not told", "user={} error={}", shown(session.user), shown(error.what()));
  }
}

}  // namespace posthouse::server
