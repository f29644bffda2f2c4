using System.Net.Sockets;

namespace WhatsApp.Grains.Outbound;

/// <summary>Tells beforehand whether a host may be reached, to give a clear reason; the handler checks again by itself.</summary>
internal sealed class OutboundCheck(OutboundGuard guard)
{
    /// <summary>False only when the host is known to be refused: one that cannot be resolved now may be reached later.</summary>
    public async Task<bool> MayReachAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            await guard.ResolveAsync(host, cancellationToken);
            return true;
        }
        catch (OutboundBlockedException)
        {
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
