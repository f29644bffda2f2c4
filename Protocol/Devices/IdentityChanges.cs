using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Devices;

/// <summary>
/// Someone has new keys or other devices (wire/04 §12, wire/03 §11).
/// <code>
/// &lt;notification type="encrypt" from="L@lid"&gt;&lt;identity/&gt;&lt;/notification&gt;
/// &lt;notification type="devices" from lid&gt;&lt;add|remove|update …&gt;&lt;device jid lid/&gt;…&lt;/notification&gt;
/// &lt;notification type="account_sync" from="own"&gt;&lt;devices dhash&gt;…&lt;/devices&gt;&lt;/notification&gt;
/// </code>
/// </summary>
internal sealed class IdentityChanges(IDeviceLink link, DeviceLists lists, ILogger logger)
{
    /// <summary>True for the notifications above.</summary>
    public static bool Handles(Node stanza) => stanza.Tag == "notification" && stanza["type"] switch
    {
        "encrypt" => stanza.Child("identity") is not null,
        "devices" => true,
        "account_sync" => stanza.Child("devices") is not null,
        _ => false,
    };

    /// <summary>Drops what no longer holds. The ack is the caller's.</summary>
    public async ValueTask ApplyAsync(Node notification, DeviceStep step, StepSessions sessions, StepLids lids, CancellationToken cancellationToken)
    {
        if (notification.JidOf("from") is not { IsUser: true } from)
            return;
        if (notification.JidOf("lid") is { IsLid: true } lid && from.IsPhone)
            await lids.LearnAsync(from, lid, "devices", cancellationToken);
        await lids.LoadAsync([from.ToAccount()], cancellationToken);
        Jid[] accounts = lids.OtherOf(from) is { } other ? [from.ToAccount(), other] : [from.ToAccount()];
        foreach (var account in accounts)
            lists.Invalidate(step, account);
        switch (notification["type"])
        {
            case "encrypt" when from.Device == 0:
                await ForgetKeysAsync(accounts, sessions, cancellationToken);
                // His phone has none of our sender keys any more. His other devices are gone: their marks tell that a new key is due.
                step.Batch.ForgottenSenderKeyDevices.AddRange(accounts.Select(account => Signal.SignalAddress.Of(account)));
                break;
            case "devices" when notification.Child("remove") is { } removed:
                await RemoveDevicesAsync(removed, sessions, lids, cancellationToken);
                break;
        }
    }

    private async ValueTask ForgetKeysAsync(Jid[] accounts, StepSessions sessions, CancellationToken cancellationToken)
    {
        var dropped = 0;
        foreach (var account in accounts)
        {
            foreach (var address in await sessions.LoadAccountAsync(account, cancellationToken))
            {
                sessions.Remove(address);
                dropped++;
            }
            sessions.Remove(Signal.SignalAddress.Of(account));
        }
        DeviceLog.IdentityChanged(logger, accounts[0], dropped);
    }

    private async ValueTask RemoveDevicesAsync(Node removed, StepSessions sessions, StepLids lids, CancellationToken cancellationToken)
    {
        foreach (var device in removed.ChildrenOf("device"))
            foreach (var jid in new[] { device.JidOf("jid"), device.JidOf("lid") })
                if (jid is { IsUser: true, Device: > 0 } gone && !IsThisDevice(gone))
                {
                    await lids.LoadAsync([gone.ToAccount()], cancellationToken);
                    sessions.Remove(lids.AddressOf(gone));
                }
    }

    private bool IsThisDevice(Jid device) => device == link.Credentials.Jid || device == link.Credentials.Lid;
}
