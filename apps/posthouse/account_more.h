#pragma once
// What else there is to an account; each adds its command to `posthouse account`.

namespace CLI {
class App;
}

namespace posthouse::app {

/// `posthouse account app-password`: passwords of programs.
void add_app_password_command(CLI::App& account);
/// `posthouse account limits`: how much it may send.
void add_limits_command(CLI::App& account);

}  // namespace posthouse::app
