// SPDX-License-Identifier: MIT
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/**
 * Nio talk HOST PORT: five connections of one selector send to an echo server and read it back.
 * Nio serve PORT: one selector echoes whatever its clients send.
 * Nio datagrams HOST PORT: a datagram channel sends to an echo server and says who answered.
 */
public class Nio {
  static final int SIZE = 30_000;

  public static void main(String[] words) throws Exception {
    switch (words[0]) {
      case "talk" -> talk(new InetSocketAddress(words[1], Integer.parseInt(words[2])));
      case "serve" -> serve(Integer.parseInt(words[1]));
      case "datagrams" -> datagrams(new InetSocketAddress(words[1], Integer.parseInt(words[2])));
      default -> System.exit(2);
    }
  }

  /** What one connection has still to write, and has read. */
  static class Talk {
    final ByteBuffer out = ByteBuffer.allocate(SIZE);
    final ByteBuffer in = ByteBuffer.allocate(SIZE);

    Talk(int number) {
      while (out.hasRemaining()) out.put((byte) (out.position() * (number + 3)));
      out.flip();
    }
  }

  static void talk(InetSocketAddress there) throws Exception {
    Selector selector = Selector.open();
    for (int number = 0; number < 5; number++) {
      SocketChannel channel = SocketChannel.open();
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_CONNECT, new Talk(number));
      channel.connect(there);
    }
    int same = 0;
    while (!selector.keys().isEmpty()) {
      selector.select();
      for (SelectionKey key : selector.selectedKeys()) {
        SocketChannel channel = (SocketChannel) key.channel();
        Talk talk = (Talk) key.attachment();
        if (key.isConnectable()) {
          channel.finishConnect();
          key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
          continue;
        }
        if (key.isWritable()) channel.write(talk.out);
        if (!talk.out.hasRemaining()) key.interestOps(SelectionKey.OP_READ);
        if (key.isReadable() && channel.read(talk.in) < 0) channel.close();
        if (talk.in.hasRemaining()) continue;
        if (talk.in.flip().equals(talk.out.rewind())) same++;
        channel.close();
      }
      selector.selectedKeys().clear();
      selector.selectNow();
    }
    System.out.println(same + " conversations came back as they were sent");
  }

  static void serve(int port) throws Exception {
    Selector selector = Selector.open();
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress(port));
    listener.configureBlocking(false);
    listener.register(selector, SelectionKey.OP_ACCEPT);
    while (true) {
      selector.select();
      for (SelectionKey key : selector.selectedKeys()) {
        if (key.isAcceptable()) {
          SocketChannel client = listener.accept();
          client.configureBlocking(false);
          client.register(selector, SelectionKey.OP_READ, ByteBuffer.allocate(65536).limit(0));
        } else {
          echo(key);
        }
      }
      selector.selectedKeys().clear();
    }
  }

  static void echo(SelectionKey key) throws Exception {
    SocketChannel client = (SocketChannel) key.channel();
    ByteBuffer held = (ByteBuffer) key.attachment();
    if (key.isReadable() && client.read(held.clear()) < 0) {
      client.close();
      return;
    }
    if (key.isReadable()) held.flip();
    client.write(held);
    key.interestOps(held.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
  }

  static void datagrams(InetSocketAddress there) throws Exception {
    DatagramChannel channel = DatagramChannel.open();
    for (int size : new int[] {1, 700, 1400}) {
      channel.send(ByteBuffer.allocate(size), there);
      ByteBuffer in = ByteBuffer.allocate(2000);
      boolean same = channel.receive(in).equals(there);
      System.out.println(in.position() + " " + same);
    }
  }
}
