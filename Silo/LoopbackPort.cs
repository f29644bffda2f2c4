using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace WhatsApp.Silo;

/// <summary>
/// A port on loopback nobody listens on. Looked for below the range the system gives to outgoing connections (from 32768 on Linux, from 49152
/// elsewhere), so that none of those takes it between this look and the listener's own.
/// </summary>
internal static class LoopbackPort
{
    private const int Lowest = 20_000;
    private const int Highest = 32_000;

    /// <summary>Chosen at random.</summary>
    public static int Free()
    {
        while (true)
            try
            {
                var port = RandomNumberGenerator.GetInt32(Lowest, Highest);
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // The next one.
            }
    }
}
