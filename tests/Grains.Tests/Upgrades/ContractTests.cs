namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>Old and new version side by side during an upgrade: what the older one says, the newer understands, and the other way round.</summary>
public sealed class ContractTests
{
    [Fact]
    public void Nothing_that_an_earlier_version_says_between_processes_has_gone_or_changed()
    {
        var recorded = Recording.Lines("contracts.txt");
        Assert.True(recorded.Count > 300, "the record is there");

        // Additions are fine: a field that is unknown is skipped, one that is missing keeps its default.
        Assert.Empty(recorded.Except(ContractManifest.Now(), StringComparer.Ordinal));
    }

    [Fact]
    public void The_manifest_of_this_version_has_members_methods_and_values()
    {
        var now = ContractManifest.Now();

        Assert.Contains("wa.CreateInstance [2] : System.Boolean", now);
        Assert.Contains("wa.MediaKind Sticker = 7", now);
        Assert.Contains(now, line => line.StartsWith("wa.IInstanceGrain.Send(wa.SendRequest", StringComparison.Ordinal));
        if (Recording.IsWanted)
            Recording.Write("contracts.txt", string.Join('\n', now) + "\n");
    }
}
