#include "posthouse/mime/reports/report_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/characters.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/mime/fields/header.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t longest_quote = 900, longest_subject = 150;

/// One sentence in each language, in the order of ReportLanguage.
using Words = std::array<std::string_view, 2>;

// Arguments: {0} the letter, {1} the recipient, {2} a reason of the table below, {3} a time.
struct ActionWords {
  DeliveryAction action;
  Words subject, sentence;
};
constexpr std::array<ActionWords, 5> actions{{
    {DeliveryAction::failed,
     {"Undelivered mail: {0}", "邮件未能送达：{0}"},
     {"{0} could not be delivered to <{1}>{2}.", "{0}未能送达 <{1}>{2}。"}},
    {DeliveryAction::delayed,
     {"Delayed mail (still being tried): {0}", "邮件延迟（仍在尝试投递）：{0}"},
     {"{0} has not been delivered to <{1}> yet{2}.", "{0}尚未送达 <{1}>{2}。"}},
    {DeliveryAction::delivered,
     {"Delivered: {0}", "邮件已送达：{0}"},
     {"{0} has been delivered to <{1}>.", "{0}已送达 <{1}>。"}},
    {DeliveryAction::relayed,
     {"Sent on: {0}", "邮件已转交：{0}"},
     {"{0} for <{1}> has been handed to the next mail server, which does not tell what becomes of it.",
      "{0}（收件人 <{1}>）已转交给下一台邮件服务器，该服务器不会再通知后续结果。"}},
    {DeliveryAction::expanded,
     {"Delivered: {0}", "邮件已送达：{0}"},
     {"{0} has been delivered to <{1}>, and was passed on from there to everybody that address stands for.",
      "{0}已送达 <{1}>，并已转发给该地址所代表的所有收件人。"}},
}};

/// Why, by the enhanced status code (RFC 3463), and what a sender can do.
struct ReasonWords {
  std::string_view code;  ///< Without its class: "1.1"; "1" is for the whole subject.
  Words reason, advice;
};
constexpr Words check_address = {"Check the address for spelling mistakes, or ask the recipient for the right one.",
                                 "请检查地址是否有拼写错误，或向收件人询问正确的地址。"};
constexpr Words try_later = {"Send it again later, or reach the recipient in another way.",
                             "请稍后重新发送，或通过其他方式联系收件人。"};
constexpr Words ask_admin = {
    "Sending it again will hardly help. Ask the recipient in another way, or show this report to whoever runs your "
    "mail server.",
    "重新发送多半无济于事。请通过其他方式联系收件人，或将本报告转给您的邮件管理员。"};
constexpr Words make_smaller = {"Make it smaller, or send large files in another way.",
                                "请缩小邮件，或通过其他方式发送大文件。"};
constexpr std::array<ReasonWords, 32> reasons{{
    {"1.1", {"there is no such mailbox", "对方没有这个邮箱"}, check_address},
    {"1.2", {"there is no such domain", "该域名不存在"}, check_address},
    {"1.3", {"the address is not valid", "该地址无效"}, check_address},
    {"1.6", {"the recipient has moved to another address", "收件人已更换地址"}, check_address},
    {"1.10", {"that domain takes no mail", "该域名不接收邮件"}, check_address},
    {"1", {"something is wrong with the address", "地址有误"}, check_address},
    {"2.1", {"that mailbox is switched off", "该邮箱已停用"}, check_address},
    {"2.2", {"that mailbox is full", "该邮箱已满"}, try_later},
    {"2.3", {"it is larger than that mailbox takes", "邮件超过了该邮箱允许的大小"}, make_smaller},
    {"2", {"that mailbox cannot take it", "该邮箱无法接收"}, try_later},
    {"3.4", {"it is larger than the recipient's server takes", "邮件超过了对方服务器允许的大小"}, make_smaller},
    {"3", {"the recipient's server could not take it", "对方服务器无法接收"}, try_later},
    {"4.1", {"no server of that domain can be reached", "无法连接该域名的邮件服务器"}, try_later},
    {"4.2", {"the connection to the recipient's server broke off", "与对方服务器的连接中断"}, try_later},
    {"4.3", {"the name service cannot be asked about that domain", "域名查询失败"}, try_later},
    {"4.4", {"no mail server can be found for that domain", "找不到该域名的邮件服务器"}, check_address},
    {"4.6", {"it goes round in a circle between mail servers", "邮件在服务器之间循环转发"}, ask_admin},
    {"4.7", {"it took too long", "投递超时"}, try_later},
    {"4", {"the recipient's server cannot be reached", "无法连接对方的邮件服务器"}, try_later},
    {"5.3",
     {"it has too many recipients", "收件人过多"},
     {"Send it to fewer at a time.", "请分批发送给较少的收件人。"}},
    {"5", {"the two mail servers did not understand each other", "两台邮件服务器之间通信出错"}, ask_admin},
    {"6.3", {"the recipient's server cannot take what is in it", "对方服务器不支持邮件中的内容"}, ask_admin},
    {"6.7",
     {"the recipient's server does not take international addresses", "对方服务器不支持国际化邮件地址"},
     {"Send it from, and to, an address in plain Latin letters.", "请改用仅含拉丁字母的地址收发。"}},
    {"6", {"the recipient's server refuses its contents", "对方服务器拒绝了邮件内容"}, ask_admin},
    {"7.4", {"a safe connection (TLS) is wanted and cannot be had", "无法建立所要求的加密连接（TLS）"}, ask_admin},
    {"7.5", {"the connection could not be made safe (TLS)", "无法建立安全连接（TLS）"}, ask_admin},
    {"7.10", {"a safe connection (TLS) is wanted and cannot be had", "无法建立所要求的加密连接（TLS）"}, ask_admin},
    {"7.20", {"the recipient's server finds no valid signature (DKIM)", "对方服务器未找到有效签名（DKIM）"}, ask_admin},
    {"7.23",
     {"your mail server may not send for your domain (SPF)", "您的邮件服务器未获授权代表您的域名发信（SPF）"},
     ask_admin},
    {"7.26", {"the recipient's server cannot tell that it is from you", "对方服务器无法验证邮件确实来自您"}, ask_admin},
    {"7", {"the recipient's server refuses it by its rules", "对方服务器按其规则拒收"}, ask_admin},
    {"", {"", ""}, ask_admin},
}};

struct Phrases {
  Words letter, named_letter, sent_to, reason, expired, tried, host_said, answer, said, next, until, nothing_to_do,
      footer;
};
constexpr Phrases phrases{
    .letter = {"Your message", "您的邮件"},
    .named_letter = {"Your message \"{}\"", "您的邮件“{}”"},
    .sent_to = {" (which <{}> leads to)", "（由 <{}> 转来）"},
    .reason = {": {}", "：{}"},
    .expired = {"; it was tried for {} and has expired", "；已尝试投递 {}，现已过期"},
    .tried = {" after {}", "（已过 {}）"},
    .host_said = {"The server {} said: {}", "服务器 {} 的答复：{}"},
    .answer = {"The answer was: {}", "得到的答复：{}"},
    .said = {"What happened: {}", "详细情况：{}"},
    .next = {"What you can do: {}", "您可以：{}"},
    .until = {"It will be tried until {}.", "系统将继续尝试，直至 {}。"},
    .nothing_to_do = {"There is nothing you need to do; you will be told if it fails.",
                      "您无需采取任何操作；如最终失败，将另行通知。"},
    .footer = {"This is the mail system at {}. Nobody reads answers to this message.",
               "本邮件由 {} 的邮件系统自动发出，请勿回复。"},
};

std::size_t language_of(const DeliveryReport& report) {
  return report.language == ReportLanguage::chinese ? 1 : 0;
}

template <class... Args>
std::string say(std::string_view format, const Args&... args) {
  return fmt::format(fmt::runtime(format), args...);
}

const ActionWords& words_of(DeliveryAction action) {
  const auto found = std::ranges::find(actions, action, &ActionWords::action);
  return found == actions.end() ? actions.front() : *found;
}

/// By the whole code, else by its subject.
const ReasonWords& reason_of(std::string_view status) {
  const std::string_view detail = status.substr(std::min(status.size(), status.find('.') + 1));
  const std::string_view subject = detail.substr(0, detail.find('.'));
  for (const std::string_view code : {detail, subject}) {
    const auto found = std::ranges::find(reasons, code, &ReasonWords::code);
    if (found != reasons.end()) {
      return *found;
    }
  }
  return reasons.back();
}

std::string one_line(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : repair_utf8(first_octets(repair_utf8(text), limit))) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return printable(trim(out), limit);
}

std::string subject_of_letter(const DeliveryReport& report) {
  return one_line(HeaderBlock::scan(report.original_message).headers().text("Subject"), longest_subject);
}

std::string span_of_time(std::chrono::seconds time, std::size_t language) {
  struct Unit {
    std::int64_t seconds;
    Words one, many;
  };
  static constexpr std::array<Unit, 4> units{{{86400, {"1 day", "1 天"}, {"{} days", "{} 天"}},
                                              {3600, {"1 hour", "1 小时"}, {"{} hours", "{} 小时"}},
                                              {60, {"1 minute", "1 分钟"}, {"{} minutes", "{} 分钟"}},
                                              {1, {"1 second", "1 秒"}, {"{} seconds", "{} 秒"}}}};
  for (const Unit& unit : units) {
    const std::int64_t number = time.count() / unit.seconds;
    if (number > 0) {
      return number == 1 ? std::string(unit.one[language]) : say(unit.many[language], number);
    }
  }
  return say(units.back().many[language], 0);
}

/// The reason as it stands in the sentence about a recipient.
std::string why(const RecipientReport& recipient, std::size_t language) {
  std::string out;
  const std::string_view reason = reason_of(recipient.status).reason[language];
  if (recipient.tried_for && recipient.action == DeliveryAction::delayed) {
    out += say(phrases.tried[language], span_of_time(*recipient.tried_for, language));
  }
  if (!reason.empty()) {
    out += say(phrases.reason[language], reason);
  }
  if (recipient.tried_for && recipient.action == DeliveryAction::failed) {
    out += say(phrases.expired[language], span_of_time(*recipient.tried_for, language));
  }
  return out;
}

void append_line(std::string& out, std::string_view line) {
  out.append(line).append("\n");
}

std::string about(const RecipientReport& recipient, const std::string& letter, std::size_t language) {
  const std::string to = printable(repair_utf8(recipient.final_recipient), longest_quote);
  std::string out = say(words_of(recipient.action).sentence[language], letter, to, why(recipient, language)) + '\n';
  if (!recipient.original_recipient.empty() && recipient.original_recipient != recipient.final_recipient) {
    out.insert(out.find("<" + to + ">") + to.size() + 2,
               say(phrases.sent_to[language], printable(repair_utf8(recipient.original_recipient), longest_quote)));
  }
  if (!recipient.diagnostic.empty()) {
    const std::string quote = one_line(recipient.diagnostic, longest_quote);
    append_line(out, recipient.remote_mta.empty()
                         ? say(phrases.answer[language], quote)
                         : say(phrases.host_said[language], one_line(recipient.remote_mta, 255), quote));
  } else if (!recipient.explanation.empty()) {
    append_line(out, say(phrases.said[language], one_line(recipient.explanation, longest_quote)));
  }
  if (recipient.action == DeliveryAction::failed) {
    append_line(out, say(phrases.next[language], reason_of(recipient.status).advice[language]));
  } else if (recipient.action == DeliveryAction::delayed) {
    if (recipient.will_retry_until) {
      append_line(out, say(phrases.until[language], format_date(*recipient.will_retry_until)));
    }
    append_line(out, phrases.nothing_to_do[language]);
  }
  return out;
}

}  // namespace

std::string report_subject(const DeliveryReport& report) {
  // What is worst is said.
  const auto worst = std::ranges::min_element(report.recipients, {}, &RecipientReport::action);
  const DeliveryAction action = worst == report.recipients.end() ? DeliveryAction::failed : worst->action;
  const std::string subject = subject_of_letter(report);
  std::string out = say(words_of(action).subject[language_of(report)], subject);
  if (subject.empty()) {
    out.resize(out.rfind(report.language == ReportLanguage::chinese ? "：" : ":"));
  }
  return out;
}

std::string report_text(const DeliveryReport& report) {
  const std::size_t language = language_of(report);
  const std::string subject = subject_of_letter(report);
  const std::string letter =
      subject.empty() ? std::string(phrases.letter[language]) : say(phrases.named_letter[language], subject);
  std::string out;
  for (const RecipientReport& recipient : report.recipients) {
    out += about(recipient, out.empty() ? letter : std::string(phrases.letter[language]), language) + '\n';
  }
  out += say(phrases.footer[language], report.reporting_mta) + '\n';
  return out;
}

}  // namespace posthouse::mime
