#pragma once
// What a server says, in each of its languages (RFC 6856 section 3). Private to this module.
#include <string_view>

namespace posthouse::pop3 {

/// A status line. "{}" stands for an argument, in the same order in all languages.
struct Text {
  std::string_view en;
  std::string_view zh;
};

/// Which one. English is what a session begins with (i-default, RFC 2277 section 4.5).
enum class Language : unsigned char { en, zh };

constexpr std::string_view in_language(const Text& text, Language language) noexcept {
  return language == Language::zh ? text.zh : text.en;
}

namespace text {

// Log-in.
inline constexpr Text wrong_password{"-ERR [AUTH] unknown user or wrong password", "-ERR [AUTH] 用户名或口令错误"};
inline constexpr Text not_as_other{"-ERR [AUTH] nobody may act as another here", "-ERR [AUTH] 此处不能代他人登录"};
inline constexpr Text only_auth{"-ERR log in by AUTH", "-ERR 请用 AUTH 登录"};
inline constexpr Text tls_first{"-ERR log-in needs TLS: STLS first", "-ERR 登录需要 TLS：请先用 STLS"};
inline constexpr Text needs_tls{"-ERR log-in needs TLS", "-ERR 登录需要 TLS"};
inline constexpr Text user_takes_name{"-ERR USER takes a name", "-ERR USER 后面应有用户名"};
inline constexpr Text now_password{"+OK now the password", "+OK 请给出口令"};
inline constexpr Text user_first{"-ERR USER first", "-ERR 请先用 USER"};
inline constexpr Text mechanisms_are{"-ERR the mechanisms are {}", "-ERR 可用的机制有 {}"};
inline constexpr Text cancelled{"-ERR cancelled", "-ERR 已取消"};
inline constexpr Text no_answer{"-ERR that is no answer of this mechanism", "-ERR 这不是该机制的应答"};
inline constexpr Text cannot_open{"-ERR [SYS/TEMP] the maildrop cannot be opened now, try again later",
                                  "-ERR [SYS/TEMP] 现在无法打开邮箱，请稍后再试"};
inline constexpr Text in_use{"-ERR [IN-USE] another session has this maildrop open",
                             "-ERR [IN-USE] 邮箱正被另一个会话使用"};
inline constexpr Text too_soon{"-ERR [LOGIN-DELAY] you were here a moment ago, come again later",
                               "-ERR [LOGIN-DELAY] 刚刚登录过，请稍后再来"};
inline constexpr Text tls_on_already{"-ERR TLS is already on", "-ERR 已在使用 TLS"};
inline constexpr Text no_tls{"-ERR no TLS here", "-ERR 此处没有 TLS"};
inline constexpr Text begin_tls{"+OK begin TLS", "+OK 请开始 TLS"};

// Commands of any state.
inline constexpr Text capabilities{"+OK what this server can do", "+OK 本服务器的功能"};
inline constexpr Text languages{"+OK the languages", "+OK 可用的语言"};
inline constexpr Text language_is{"+OK en from here on in English", "+OK zh 以后用中文回答"};
inline constexpr Text no_such_language{"-ERR no such language", "-ERR 没有这种语言"};
inline constexpr Text utf8_on{"+OK UTF-8 from here on", "+OK 以后使用 UTF-8"};
inline constexpr Text no_arguments{"-ERR the command takes no argument", "-ERR 该命令没有参数"};
inline constexpr Text bye{"+OK bye", "+OK 再见"};
inline constexpr Text bye_removed{"+OK bye, {} messages removed", "+OK 再见，已删除 {} 封邮件"};
inline constexpr Text not_removed{"-ERR [SYS/TEMP] the deleted messages could not be removed",
                                  "-ERR [SYS/TEMP] 无法删除标记的邮件"};

// Messages.
inline constexpr Text maildrop_has{"+OK maildrop has {} messages, {} octets", "+OK 邮箱有 {} 封邮件，共 {} 字节"};
inline constexpr Text messages{"+OK {} messages, {} octets", "+OK {} 封邮件，共 {} 字节"};
inline constexpr Text unique_ids{"+OK unique ids follow", "+OK 唯一标识如下"};
inline constexpr Text octets{"+OK {} octets", "+OK {} 字节"};
inline constexpr Text top{"+OK top of message follows", "+OK 邮件开头如下"};
inline constexpr Text marked{"+OK message {} marked as deleted", "+OK 邮件 {} 已标记为删除"};
inline constexpr Text number_wanted{"-ERR the argument is a message number", "-ERR 参数应为邮件编号"};
inline constexpr Text top_wants{"-ERR TOP takes a message number and a number of lines",
                                "-ERR TOP 后面应有邮件编号和行数"};
inline constexpr Text no_such_message{"-ERR no such message", "-ERR 没有这封邮件"};
inline constexpr Text is_deleted{"-ERR message {} is deleted", "-ERR 邮件 {} 已标记为删除"};
inline constexpr Text has_gone{"-ERR message {} has gone", "-ERR 邮件 {} 已不存在"};
inline constexpr Text cannot_read{"-ERR [SYS/TEMP] the maildrop cannot be read now, try again later",
                                  "-ERR [SYS/TEMP] 现在无法读取邮箱，请稍后再试"};

// The dialogue itself.
inline constexpr Text too_long{"-ERR command line too long", "-ERR 命令行太长"};
inline constexpr Text no_nul{"-ERR a command holds no NUL", "-ERR 命令中不能有 NUL"};
inline constexpr Text unknown_command{"-ERR unknown command", "-ERR 未知的命令"};
inline constexpr Text logged_in_already{"-ERR already logged in", "-ERR 已经登录"};
inline constexpr Text log_in_first{"-ERR log in first", "-ERR 请先登录"};
inline constexpr Text revoked{"-ERR [AUTH] this log-in is good no more", "-ERR [AUTH] 此次登录已失效"};
inline constexpr Text closing{"-ERR [SYS/TEMP] closing down, come again later",
                              "-ERR [SYS/TEMP] 服务器即将关闭，请稍后再来"};
inline constexpr Text endless{"-ERR a line without an end", "-ERR 一行没有结尾"};
inline constexpr Text too_many_errors{"-ERR too many errors", "-ERR 错误太多"};

}  // namespace text
}  // namespace posthouse::pop3
