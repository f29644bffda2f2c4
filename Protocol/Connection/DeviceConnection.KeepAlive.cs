using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Connection;

// Proof of life (wire/01 §9): <iq id to="s.whatsapp.net" type="get" xmlns="w:p"/> after 15-30 s of silence, dead after 20 s without any frame.
internal sealed partial class DeviceConnection
{
    /// <summary>Nothing received for this long after a ping = dead.</summary>
    public static readonly TimeSpan PongDeadline = TimeSpan.FromSeconds(20);

    /// <summary>Pings while idle, until the connection is over. Ends it when nothing comes back. Stays on the caller's scheduler.</summary>
    /// <param name="onTick">Called after every pause, for rare upkeep.</param>
    public async Task KeepAliveAsync(Action onTick)
    {
        try
        {
            while (!Closed.IsCancellationRequested)
            {
                var pause = TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(15_000, 30_001));
                await Task.Delay(pause, _time, Closed);
                onTick();
                if (_time.GetUtcNow() - LastInbound >= pause)
                    await ProveAsync();
            }
        }
        catch (Exception error) when (error is OperationCanceledException or LinkClosedException)
        {
            // The connection is over.
        }
    }

    private async Task ProveAsync()
    {
        var asked = _time.GetUtcNow();
        try
        {
            await QueryAsync(new Node("iq", ("to", Jid.PhoneServer), ("type", "get"), ("xmlns", "w:p")), PongDeadline, CancellationToken.None);
        }
        catch (IqErrorException)
        {
            // A refusal is an answer too.
        }
        catch (TimeoutException error)
        {
            // Any frame proves life. And while our own pump is behind nothing is read: that says nothing about the server.
            if (LastInbound < asked && !_delivering)
                End(new ConnectionEnd(EndKind.Silent, Detail: "no-answer-to-ping") { Cause = error });
        }
    }
}
