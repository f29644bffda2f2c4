using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class RatchetVectorTests
{
    private const string File = "x3dh-ratchet.json";

    [Theory]
    [InlineData("conv-1")]
    [InlineData("conv-2")]
    [InlineData("conv-3")]
    [InlineData("conv-4")]
    [InlineData("conv-5")]
    public void A_conversation_gives_the_bytes_and_states_of_the_reference(string id)
    {
        var conversation = VectorFile.Load(File).GetProperty("conversations").EnumerateArray().Single(entry => entry.GetProperty("id").GetString() == id);
        var steps = new VectorSteps(conversation.GetProperty("parties").EnumerateArray().Select(party => new VectorParty(party)));
        var index = 0;
        var bundlesOfGina = 0;
        foreach (var step in conversation.GetProperty("steps").EnumerateArray())
        {
            // The program behind the vectors forgets gina's archive when she processes a second bundle; we keep it (wire/03 §6).
            if (step.TryGetProperty("by", out var by) && by.GetString() == "gina" && step.GetProperty("op").GetString() == "processBundle")
                bundlesOfGina++;
            steps.Run(step, extraArchived: by.ValueKind == System.Text.Json.JsonValueKind.String && by.GetString() == "gina" && bundlesOfGina > 1 ? 1 : 0);
            VectorFile.Ran(File, $"{id}/{index++}");
        }
        Assert.Equal(conversation.GetProperty("steps").GetArrayLength(), index);
    }

    [Fact]
    public void The_five_conversations_are_the_whole_file()
    {
        var file = VectorFile.Load(File);
        var conversations = file.GetProperty("conversations").EnumerateArray().ToArray();
        Assert.Equal(["conv-1", "conv-2", "conv-3", "conv-4", "conv-5"], conversations.Select(entry => entry.GetProperty("id").GetString()!));
        Assert.Equal(file.GetProperty("stepCount").GetInt32(), conversations.Sum(entry => entry.GetProperty("steps").GetArrayLength()));
    }
}
