using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Follows a message that is on the socket until the server has said what becomes of it (wire/04, acks and nacks). What it sends again takes its turn in the chat.</summary>
internal sealed class AckFollower(IDeviceLink link, Recipients recipients, ITransmitter pairs, ITransmitter groups, ChatOrder order, LiveSends live, OutgoingStates states,
    Func<DeviceStep, StepView> viewOf, ILogger logger)
{
    private const int MaxBusyRetries = 3;
    private static readonly TimeSpan FollowLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BusyDelay = TimeSpan.FromMilliseconds(750);

    /// <summary>Told after the server accepted a message to a person, or wanted a token of him.</summary>
    public Action<Jid>? Known { get; init; }

    /// <summary>Waits for the ack of what was sent, and does what it asks: done, again, built anew, or failed. Never throws.</summary>
    public async Task FollowAsync(Outgoing outgoing, int connection, Transmission? transmission)
    {
        try
        {
            while (transmission is not null)
            {
                ServerAck? ack;
                using (transmission)
                    ack = ServerAck.Read(await transmission.Ack.WaitAsync(FollowLimit, link.Time));
                transmission = ack is null ? null
                    : ack.Error is { } error ? await RefusedAsync(outgoing, connection, error)
                    : await AcceptedAsync(outgoing, connection, transmission, ack);
            }
        }
        catch (SendFailedException failure)
        {
            await FailAsync(outgoing, failure);
        }
        catch (Exception error) when (error is LinkClosedException or TimeoutException or OperationCanceledException)
        {
            // No ack on this connection: the row stays pending and goes out again after the next login.
        }
        catch (Exception error)
        {
            MessagingLog.SendBroken(logger, outgoing.Id, error);
        }
        finally
        {
            live.Retire(outgoing, connection);
        }
    }

    private async Task<Transmission?> AcceptedAsync(Outgoing outgoing, int connection, Transmission transmission, ServerAck ack)
    {
        if (!outgoing.Outcome.Task.IsCompleted || outgoing.Given is not null)
            await link.RunStepAsync(async (step, token) =>
            {
                var view = viewOf(step);
                await view.Rows.LoadOutgoingAsync([outgoing.Id], token);
                await OutgoingStates.LoadNamesAsync(view, view.Rows.Outgoing(outgoing.Id), token);
                await MessageNews.LoadOwnAsync(view, view.Rows.Outgoing(outgoing.Id), token);
                if (view.Rows.Find(outgoing.Row!.Key) is { } row)
                    states.Accept(view, row, ack.Timestamp ?? row.Timestamp);
                return true;
            }, CancellationToken.None);
        if (outgoing.Recipient is { Address: { IsUser: true } person })
            Known?.Invoke(person);
        if (ack.RefreshLid && outgoing.Recipient is { Phone: { } phone })
            await recipients.RefreshAsync(phone, CancellationToken.None);
        if (outgoing.Completing || !ack.DisagreesWith(transmission.Reached, transmission.Sender))
            return null;
        outgoing.Completing = true;
        MessagingLog.DeviceListStale(logger, outgoing.Recipient!.Address, outgoing.Id);
        return await TransmitterOf(outgoing).HasOtherDevicesAsync(outgoing, transmission, ack) ? await RepeatAsync(outgoing, connection, fresh: false) : null;
    }

    private async Task<Transmission?> RefusedAsync(Outgoing outgoing, int connection, int error)
    {
        var action = ServerAcks.ActionFor(error);
        MessagingLog.MessageRefused(logger, outgoing.Id, error, action);
        switch (action)
        {
            case NackAction.Rebuild when !outgoing.Rebuilt:
                outgoing.Rebuilt = true;
                await TransmitterOf(outgoing).RefreshAsync(outgoing);
                return await RepeatAsync(outgoing, connection, fresh: true);
            case NackAction.RetryLater when outgoing.BusyRetries < MaxBusyRetries - 1:
                outgoing.BusyRetries++;
                await Task.Delay(BusyDelay * outgoing.BusyRetries, link.Time);
                return await RepeatAsync(outgoing, connection, fresh: false);
            default:
                if (error == ServerAcks.Reachout)
                    Known?.Invoke(outgoing.Recipient!.Address);
                await FailAsync(outgoing, await TransmitterOf(outgoing).ExplainAsync(outgoing, error));
                return null;
        }
    }

    private async Task<Transmission?> RepeatAsync(Outgoing outgoing, int connection, bool fresh)
    {
        using var turn = await order.EnterAsync(outgoing.Recipient!.Address, CancellationToken.None);
        return outgoing.IsDrivenBy(connection) ? await TransmitterOf(outgoing).TransmitAsync(outgoing, outgoing.Row!, fresh, CancellationToken.None) : null;
    }

    /// <summary>To a group or to a person.</summary>
    public ITransmitter TransmitterOf(Outgoing outgoing) => outgoing.Recipient!.Address.IsGroup ? groups : pairs;

    /// <summary>Writes into the message's row, if it has one, that it will not be sent, and why.</summary>
    public async Task FailAsync(Outgoing outgoing, SendFailedException failure)
    {
        if (outgoing.Row is { } known)
            try
            {
                await link.RunStepAsync(async (step, token) =>
                {
                    var view = viewOf(step);
                    await view.Rows.LoadOutgoingAsync([outgoing.Id], token);
                    await view.Lids.LoadAsync([known.Key.Chat], token);
                    if (view.Rows.Find(known.Key) is { } row)
                        states.Fail(view, row, failure);
                    return true;
                }, CancellationToken.None);
            }
            catch (Exception error)
            {
                MessagingLog.SendBroken(logger, outgoing.Id, error);
            }
    }
}
