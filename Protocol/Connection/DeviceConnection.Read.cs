using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Protocol.Connection;

// Frames in: answers to those who wait, pings answered, the rest handed on.
internal sealed partial class DeviceConnection
{
    private async Task ReadAsync()
    {
        try
        {
            while (!Closed.IsCancellationRequested)
            {
                while (_socket.TryRead() is { } stanza)
                {
                    Interlocked.Exchange(ref _lastInbound, _time.GetUtcNow().UtcTicks);
                    await TakeAsync(stanza).ConfigureAwait(false);
                }
                if (!await _socket.FillAsync(Closed).ConfigureAwait(false))
                {
                    End(new ConnectionEnd(EndKind.SocketClosed, Detail: "closed-by-server"));
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // End() said why.
        }
        catch (Exception error) when (error is NoiseException or MalformedNodeException)
        {
            End(new ConnectionEnd(EndKind.BadFrame, Detail: "bad-frame") { Cause = error });
        }
        catch (Exception error)
        {
            End(new ConnectionEnd(EndKind.SocketClosed, Detail: "connection-broken") { Cause = error });
        }
    }

    private async ValueTask TakeAsync(Node stanza)
    {
        if (_ended.Task.IsCompleted)
            return;
        if (StreamGoodbye.Read(stanza) is { } end)
        {
            End(end);
            return;
        }
        switch (stanza.Tag)
        {
            case "iq" when stanza["type"] is "result" or "error":
                // A late answer has nobody left to take it.
                if (stanza["id"] is { } query)
                    _queries.Resolve(query, stanza);
                return;
            case "iq" when IsPing(stanza):
                await AnswerPingAsync(stanza).ConfigureAwait(false);
                return;
            case "ack" when stanza["class"] == "message" && stanza["id"] is { } message:
                _messageAcks.Resolve(message, stanza);
                break;
            default:
                break;
        }
        _delivering = true;
        await _deliver(this, stanza, Closed).ConfigureAwait(false);
        _delivering = false;
    }

    private static bool IsPing(Node iq) => iq["type"] == "get" && iq["xmlns"] is "urn:xmpp:ping" or "w:p";

    // wire/01 §9: <iq to="(from)" type="result" [id]/>. One answer may be under way; a flood of pings waits for it.
    private async ValueTask AnswerPingAsync(Node ping)
    {
        await _answeringPing.ConfigureAwait(false);
        _answeringPing = PongAsync(new Node("iq", ("to", ping["from"] ?? Jid.PhoneServer), ("type", "result"), ("id", ping["id"])));
    }

    private async Task PongAsync(Node pong)
    {
        try
        {
            await SendAsync(pong).ConfigureAwait(false);
        }
        catch (LinkClosedException)
        {
            // The connection is over; End() said why.
        }
    }
}
