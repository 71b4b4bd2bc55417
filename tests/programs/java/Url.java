// SPDX-License-Identifier: MIT
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URL;

/** Url GET URL prints what is there; Url PUT URL BYTES stores so many and prints the answer's code. */
public class Url {
  public static void main(String[] words) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) new URL(words[1]).openConnection();
    connection.setRequestMethod(words[0]);
    if (words[0].equals("PUT")) {
      connection.setDoOutput(true);
      connection.getOutputStream().write(new byte[Integer.parseInt(words[2])]);
      System.out.println(connection.getResponseCode());
    } else {
      try (InputStream body = connection.getInputStream()) {
        body.transferTo(System.out);
      }
      System.out.flush();
    }
  }
}
