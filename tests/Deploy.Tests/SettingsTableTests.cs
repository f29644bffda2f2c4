using System.Text.RegularExpressions;

namespace WhatsApp.Deploy.Tests;

/// <summary>The tables of settings in the documents.</summary>
public sealed partial class SettingsTableTests
{
    [Theory]
    [InlineData("README.md")]
    [InlineData("deploy/README.md")]
    public void Every_setting_that_is_documented_is_read(string path)
    {
        var rows = Repository.Read(path).Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|')[1]);
        var before = "";
        var names = rows.SelectMany(row => Name().Matches(row).Select(match => match.Groups["name"].Value)).Select(name =>
            // `Media__MaxMegabytes__Image`, `__Audio`: the second goes on from the first.
            name.StartsWith("__", StringComparison.Ordinal) ? before[..before.LastIndexOf("__", StringComparison.Ordinal)] + name : before = name).ToList();

        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.True(Repository.IsSetting(name.Replace("__NAME__", "__", StringComparison.Ordinal)), name));
    }

    [GeneratedRegex("`(?<name>(__)?[A-Z][A-Za-z0-9_]*_?[A-Za-z0-9_]*)`", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Name();
}
