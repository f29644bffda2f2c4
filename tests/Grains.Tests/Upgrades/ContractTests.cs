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

    [Fact(Explicit = true)]
    public void Record_the_contracts_of_this_version() => Recording.Write("contracts.txt", string.Join('\n', ContractManifest.Now()) + "\n");
}
