// The fan-out of a course on uWebSockets: people come, and everyone of their course is told by its publish.
//
// PORT. It speaks the frames of node/ws.mjs, but checks no signature, stores nothing and passes no message on: what is
// measured is the telling, so this is the floor and not a chat.
#include <App.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace {

struct Socket {
  std::string user;
  std::string course;
};

using WebSocket = uWS::WebSocket<false, true, Socket>;

// course -> user -> connections
std::map<std::string, std::map<std::string, int>, std::less<>> online;

std::string decoded(std::string_view text) {
  std::string bytes;
  unsigned int bits = 0;
  int count = 0;
  for (char c : text) {
    unsigned int value = c >= 'a' ? c - 'a' + 26 : c == '_' ? 63 : c >= 'A' ? c - 'A' : c == '-' ? 62 : c - '0' + 52;
    bits = bits << 6 | (value & 63);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 255));
    }
  }
  return bytes;
}

// The string after `"name":"`; empty if there is none. Our tokens escape nothing.
std::string_view field(std::string_view json, std::string_view name) {
  std::string key = '"' + std::string(name) + "\":\"";
  size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  std::string_view rest = json.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

std::string contact(const std::string &user) {
  return "{\"id\":" + user + ",\"name\":\"Person " + user + "\",\"picture\":null,\"role\":\"student\"}";
}

void hello(uWS::App &app, WebSocket *socket, std::string_view frame) {
  std::string_view token = field(frame, "token");
  size_t head = token.find('.');
  size_t tail = token.rfind('.');
  if (field(frame, "type") != "hello" || head == std::string_view::npos || head == tail) {
    socket->end(4400, "protocol violation");
    return;
  }
  std::string claims = decoded(token.substr(head + 1, tail - head - 1));
  Socket *self = socket->getUserData();
  self->user = field(claims, "sub");
  self->course = field(claims, "id");
  auto &people = online[self->course];
  bool came = people[self->user]++ == 0;
  std::string roster;
  for (const auto &[user, connections] : people) roster += (roster.empty() ? "" : ",") + contact(user);
  socket->send("{\"type\":\"welcome\",\"user\":" + self->user + ",\"rosters\":[{\"course\":\"" + self->course +
                   "\",\"contacts\":[" + roster + "]}]}",
               uWS::OpCode::TEXT);
  socket->subscribe(self->course);
  if (came) {
    app.publish(self->course,
                "{\"type\":\"joined\",\"course\":\"" + self->course + "\",\"contact\":" + contact(self->user) + "}",
                uWS::OpCode::TEXT);
  }
}

void leave(uWS::App &app, const Socket &self) {
  auto course = online.find(self.course);
  if (course == online.end() || --course->second[self.user] > 0) return;
  course->second.erase(self.user);
  app.publish(self.course, "{\"type\":\"left\",\"course\":\"" + self.course + "\",\"user\":" + self.user + "}",
              uWS::OpCode::TEXT);
}

}  // namespace

int main(int count, char **words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: server PORT\n");
    return 2;
  }
  uWS::App app;
  app.ws<Socket>("/*", {.compression = uWS::DISABLED,
                        .maxPayloadLength = 64 * 1024,
                        .idleTimeout = 120,
                        .maxBackpressure = 1024 * 1024,
                        .sendPingsAutomatically = true,
                        .message =
                            [&app](auto *socket, std::string_view frame, uWS::OpCode) {
                              if (socket->getUserData()->user.empty()) hello(app, socket, frame);
                            },
                        .close = [&app](auto *socket, int, std::string_view) { leave(app, *socket->getUserData()); }});
  app.listen("127.0.0.1", std::atoi(words[1]), [](auto *listening) {
    if (!listening) {
      std::fprintf(stderr, "the port is taken\n");
      std::exit(1);
    }
  });
  app.run();
}
