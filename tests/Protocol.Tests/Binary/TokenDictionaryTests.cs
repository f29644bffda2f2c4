using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Tests.Binary;

public sealed class TokenDictionaryTests
{
    public static TheoryData<byte> Versions => [2, 3];

    [Theory, MemberData(nameof(Versions))]
    public void Every_word_has_one_code_and_reads_back(byte version)
    {
        var dictionary = TokenDictionary.ForVersion(version)!;
        Assert.Equal(version, dictionary.Version);
        var words = new HashSet<string>(StringComparer.Ordinal);
        for (var tag = 1; tag < 236; tag++)
        {
            Assert.True(words.Add(dictionary.Single(tag)));
            Assert.True(dictionary.TryGetCode(dictionary.Single(tag), out var code));
            Assert.Equal(tag, code);
        }
        for (var tag = 236; tag < 240; tag++)
            for (var index = 0; index < 256; index++)
            {
                Assert.True(words.Add(dictionary.Double(tag, index)));
                Assert.True(dictionary.TryGetCode(dictionary.Double(tag, index), out var code));
                Assert.Equal(tag << 8 | index, code);
            }
        Assert.DoesNotContain(words, word => word.Contains('@', StringComparison.Ordinal));
    }

    // Hashes of the words of wire/tokens.json and tokens-v2.json joined by line feeds: an edited table shows here.
    [Theory]
    [InlineData(2, "184ab81b82cb373b31e1db85fa1795ff94e962543cee30c785bb857623cebd74")]
    [InlineData(3, "701716f240230be8b370d7b3c98359b8f44eb462cd3c2f4f9266f4309c735c41")]
    public void Tables_are_those_of_the_fact_sheet(byte version, string sha256)
    {
        var dictionary = TokenDictionary.ForVersion(version)!;
        var words = Enumerable.Range(1, 235).Select(dictionary.Single)
            .Concat(Enumerable.Range(0, 1024).Select(i => dictionary.Double(236 + i / 256, i % 256)));

        Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join('\n', words)))));
    }

    [Fact]
    public void Unknown_version_has_no_dictionary() => Assert.Null(TokenDictionary.ForVersion(4));
}
