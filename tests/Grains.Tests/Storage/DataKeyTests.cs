using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Tests.Storage;

public sealed class DataKeyTests
{
    private static readonly byte[] _key = [.. Enumerable.Range(200, 32).Select(i => (byte)(i * 7))];

    [Fact]
    public void Hex_and_both_forms_of_base64_are_read()
    {
        var base64 = Convert.ToBase64String(_key);
        Assert.Equal(_key, DataKey.Parse(Convert.ToHexString(_key)));
        Assert.Equal(_key, DataKey.Parse(Convert.ToHexStringLower(_key) + "\n"));
        Assert.Equal(_key, DataKey.Parse(base64));
        Assert.Equal(_key, DataKey.Parse(base64.TrimEnd('=').Replace('+', '-').Replace('/', '_')));
    }

    [Theory]
    [InlineData("")]
    [InlineData("secret")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("zz00000000000000000000000000000000000000000000000000000000000000")]
    public void Anything_else_is_refused_without_repeating_it(string text)
    {
        var problem = Assert.Throws<DataKeyException>(() => DataKey.Parse(text));
        Assert.Contains("32 bytes", problem.Message, StringComparison.Ordinal);
        if (text.Length > 0)
            Assert.DoesNotContain(text, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_key_file_wins()
    {
        using var folder = new DataFolder();
        DataKey.EnsureDirectory(folder.Path);
        Assert.Null(DataKey.ReadFile(folder.Path));

        var first = DataKey.CreateFile(folder.Path);

        Assert.Equal(first, DataKey.CreateFile(folder.Path));
        Assert.Equal(first, DataKey.ReadFile(folder.Path));
        Assert.Equal([folder.File(DataKey.FileName)], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_key_file_with_something_else_in_it_is_refused()
    {
        using var folder = new DataFolder();
        DataKey.EnsureDirectory(folder.Path);
        File.WriteAllText(folder.File(DataKey.FileName), "not a key");
        Assert.Contains("does not hold a data key", Assert.Throws<DataKeyException>(() => DataKey.ReadFile(folder.Path)).Message, StringComparison.Ordinal);
    }
}
