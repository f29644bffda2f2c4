using System.Globalization;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// xmlns <c>w:sync:app:state</c> (wire/06 §5-7): gives out the patches a device lacks, takes new ones, tells the other devices by a
/// <c>server_sync</c> notification. No snapshots: a new device replays all patches.
/// </summary>
internal sealed class AppStateStanzas(SandboxServer server)
{
    private const int MaxPatchBytes = 1024 * 1024;
    private static readonly string[] Collections = ["critical_block", "critical_unblock_low", "regular_high", "regular_low", "regular"];

    public Node Handle(DeviceSession session, Node iq)
    {
        var asked = iq.Child("sync")?.ChildrenOf("collection").Where(node => Collections.Contains(node["name"])).ToArray() ?? [];
        return Answer.Result(iq, new Node("sync", [], [.. asked.Select(node => Collection(session, node))]));
    }

    private Node Collection(DeviceSession session, Node asked)
    {
        var name = asked["name"]!;
        var shelf = session.Account.AppState;
        _ = ulong.TryParse(asked["version"], NumberStyles.None, CultureInfo.InvariantCulture, out var version);
        if (asked.Child("patch")?.Bytes is { } patch)
        {
            if (patch.Length <= MaxPatchBytes && shelf.Append(name, version, patch.ToArray()) is { } next)
            {
                server.Notifications.AppStateChanged(session.Device, name, next);
                return new Node("collection", ("name", name), ("version", Text(next)), ("type", "result"));
            }
            var (_, missed) = shelf.Since(name, version);
            return new Node("collection", [("name", name), ("version", asked["version"]), ("type", "error")],
                [Answer.ErrorNode(409, "conflict"), Patches(missed)]);
        }
        var (current, patches) = shelf.Since(name, version);
        return patches.Count == 0
            ? new Node("collection", ("name", name), ("version", Text(current)), ("type", "result"))
            : new Node("collection", [("name", name), ("version", Text(current)), ("type", "result")], [Patches(patches)]);
    }

    private static Node Patches(IReadOnlyList<byte[]> patches) => new("patches", [], [.. patches.Select(patch => KeyBytes.Leaf("patch", patch))]);

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
