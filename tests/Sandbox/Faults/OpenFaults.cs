using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Faults;

/// <summary>Faults that end logged-in connections: at once when added, later ones right after login while their count lasts.</summary>
internal static class OpenFaults
{
    /// <summary>Strikes connections that are open now.</summary>
    public static void StrikeNow(SandboxServer server, Fault fault)
    {
        if (fault.Phase != ConnectionPhase.Open || fault.Kind is not (FaultKind.Drop or FaultKind.StreamError))
            return;
        foreach (var account in server.Accounts.All)
        {
            DeviceSession[] sessions;
            lock (account.Gate)
                sessions = [.. account.Devices.Where(device => !device.IsPhone && device.Session is not null).Select(device => device.Session!)];
            foreach (var session in sessions)
                StrikeAfterLogin(server, session);
        }
    }

    /// <summary>Strikes one open connection if a fault waits for it.</summary>
    public static void StrikeAfterLogin(SandboxServer server, DeviceSession session)
    {
        var (account, number) = (session.Account, session.Device.Number);
        if (server.Faults.Take(FaultKind.Drop, account, number, fault => fault.Phase == ConnectionPhase.Open) is { } drop)
            CutLater(server, session.Link, drop.Ms);
        else if (server.Faults.Take(FaultKind.StreamError, account, number, fault => fault.Phase == ConnectionPhase.Open) is { } error)
            session.Link.Close(StreamError(error));
    }

    /// <summary>Cuts a connection without a word, now or after some milliseconds.</summary>
    public static void CutLater(SandboxServer server, IStanzaLink link, int? ms)
    {
        if (ms is > 0)
            _ = CutAsync(server, link, ms.Value);
        else
            link.Cut();
    }

    /// <summary><c>&lt;stream:error [code]&gt;[&lt;conflict type/&gt;]&lt;/stream:error&gt;</c> (wire/01 §11.2)</summary>
    public static Node StreamError(Fault fault) => fault.Conflict is { } type
        ? new Node("stream:error", [("code", fault.Code)], [new Node("conflict", ("type", type))])
        : new Node("stream:error", ("code", fault.Code));

    private static async Task CutAsync(SandboxServer server, IStanzaLink link, int ms)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(ms), server.Options.Time);
        link.Cut();
    }
}
