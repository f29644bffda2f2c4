using System.Net;
using System.Net.Sockets;

namespace WhatsApp.Servers;

/// <summary>
/// Ports for processes that must be told one. Taken below the range the system gives to outgoing connections, so that none of those sits on it
/// in the moment between this look and the process's own.
/// </summary>
public static class FreePort
{
    private const int Lowest = 14_000;
    private const int Highest = 30_000;
    private static int _next = Random.Shared.Next(Lowest, Highest);

    /// <summary>A port nobody listens on; each only once in this process.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Lowest + Interlocked.Increment(ref _next) % (Highest - Lowest);
            try
            {
                using var listener = new TcpListener(IPAddress.Any, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }
}
