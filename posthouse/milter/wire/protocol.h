#pragma once
// The milter protocol's letters and bits, version 6, as sendmail's libmilter has them (mfdef.h). There is no RFC.
#include <cstddef>
#include <cstdint>

namespace posthouse::milter {

constexpr std::uint32_t oldest_version = 2;
constexpr std::uint32_t newest_version = 6;

/// The most octets of data in one of our packets, and of a body in one chunk: libmilter drops a connection that sends more.
constexpr std::size_t max_chunk = 65'535;

/// What the server says.
namespace command {
constexpr char abort = 'A';
constexpr char body = 'B';
constexpr char connect = 'C';
constexpr char macro = 'D';
constexpr char end_of_message = 'E';
constexpr char helo = 'H';
constexpr char quit_new_connection = 'K';  // from version 6
constexpr char header = 'L';
constexpr char mail = 'M';
constexpr char end_of_header = 'N';
constexpr char negotiate = 'O';
constexpr char quit = 'Q';
constexpr char recipient = 'R';
constexpr char data = 'T';     // from version 4
constexpr char unknown = 'U';  // from version 3
}  // namespace command

/// What the filter says.
namespace response {
constexpr char add_recipient = '+';
constexpr char remove_recipient = '-';
constexpr char add_recipient_with_parameters = '2';
constexpr char shutdown = '4';
constexpr char accept = 'a';
constexpr char replace_body = 'b';
constexpr char go_on = 'c';
constexpr char discard = 'd';
constexpr char change_sender = 'e';
constexpr char connection_failure = 'f';
constexpr char add_header = 'h';
constexpr char insert_header = 'i';
constexpr char change_header = 'm';
constexpr char progress = 'p';
constexpr char quarantine = 'q';
constexpr char reject = 'r';
constexpr char skip = 's';
constexpr char tempfail = 't';
constexpr char reply_code = 'y';
}  // namespace response

/// What a filter may want to do to a message (SMFIF_*). A set of them is their sum.
namespace action {
constexpr std::uint32_t add_header = 0x1;  ///< At the end or at a place.
constexpr std::uint32_t change_body = 0x2;
constexpr std::uint32_t add_recipient = 0x4;
constexpr std::uint32_t remove_recipient = 0x8;
constexpr std::uint32_t change_header = 0x10;  ///< Removing is changing, too.
constexpr std::uint32_t quarantine = 0x20;
constexpr std::uint32_t change_sender = 0x40;
constexpr std::uint32_t add_recipient_with_parameters = 0x80;
constexpr std::uint32_t set_macros = 0x100;  ///< It says which macros it wants, while it negotiates.
constexpr std::uint32_t all = 0x1FF;
constexpr std::uint32_t all_of_version_2 = 0x3F;
}  // namespace action

/// How the dialogue may be shortened (SMFIP_*). A set of them is their sum.
namespace step {
constexpr std::uint32_t no_connect = 0x1;  ///< Do not tell of the connection; the next ones likewise.
constexpr std::uint32_t no_helo = 0x2;
constexpr std::uint32_t no_mail = 0x4;
constexpr std::uint32_t no_recipient = 0x8;
constexpr std::uint32_t no_body = 0x10;
constexpr std::uint32_t no_header = 0x20;
constexpr std::uint32_t no_end_of_header = 0x40;
constexpr std::uint32_t quiet_header = 0x80;  ///< Tell, but wait for no answer; the later ones likewise.
constexpr std::uint32_t no_unknown = 0x100;
constexpr std::uint32_t no_data = 0x200;
constexpr std::uint32_t skip = 0x400;                 ///< It may have had enough of a body.
constexpr std::uint32_t rejected_recipients = 0x800;  ///< Tell of recipients that were refused, too.
constexpr std::uint32_t quiet_connect = 0x1000;
constexpr std::uint32_t quiet_helo = 0x2000;
constexpr std::uint32_t quiet_mail = 0x4000;
constexpr std::uint32_t quiet_recipient = 0x8000;
constexpr std::uint32_t quiet_data = 0x10000;
constexpr std::uint32_t quiet_unknown = 0x20000;
constexpr std::uint32_t quiet_end_of_header = 0x40000;
constexpr std::uint32_t quiet_body = 0x80000;
constexpr std::uint32_t leading_space = 0x100000;  ///< Values of fields begin right behind the colon, both ways.
constexpr std::uint32_t all = 0x1FFFFF;
constexpr std::uint32_t all_of_version_2 = 0x7F;
}  // namespace step

}  // namespace posthouse::milter
